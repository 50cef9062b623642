// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Kernels are useless unoptimised, so debug builds optimise C as well. Contraction is off so that a
/// fused multiply-add happens only where an intrinsic asks for one: results must not depend on the compiler.
let kernelFlags: [CSetting] = [
    .unsafeFlags(["-O3"], .when(configuration: .debug)),
    .unsafeFlags(["-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-std=gnu17"]),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name + "Tests", dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let orderedCollections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "needletail",
    products: [
        .executable(name: "needletail", targets: ["needletail"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .target(name: "CKernels", cSettings: kernelFlags),
        .target(name: "CPlatform"),
        .target(name: "CAPIDocument", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror", "-std=gnu17"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        library("JSON", [orderedCollections]),
        library("Kernels", ["CKernels"]),
        library("AccessControl", ["COpenSSL", "JSON", orderedCollections]),
        library("ModelFiles", ["JSON", orderedCollections]),
        library("ModelCatalog", ["COpenSSL", "ModelFiles"]),
        library("Tokenization", ["JSON"]),
        library("ChatTemplate", ["JSON", orderedCollections]),
        library("Transformer", ["JSON", "Kernels", "ModelFiles"]),
        library("Telemetry"),
        library("Engine", ["Transformer", "Tokenization", collections]),
        library("HTTPServer", [httpTypes, collections]),
        library("OpenAIAPI", ["JSON", orderedCollections]),
        library("RequestLog", [grdb]),
        library(
            "InferenceService",
            [
                "AccessControl", "CAPIDocument", "ChatTemplate", "CPlatform", "Engine", "HTTPServer", "JSON", "Kernels",
                "ModelCatalog", "ModelFiles", "OpenAIAPI", "RequestLog", "Telemetry", "Tokenization", "Transformer",
                httpTypes, logging, orderedCollections,
            ]),
        .executableTarget(
            name: "needletail",
            dependencies: [
                "AccessControl", "HTTPServer", "InferenceService", "Engine", "JSON", "Kernels", "ModelCatalog",
                "ModelFiles", "RequestLog", "Tokenization", "Transformer", argumentParser, logging, orderedCollections,
            ],
            swiftSettings: strict),
        library("TestSupport", ["ModelFiles"]),
        tests("AccessControl", ["AccessControl", "TestSupport"]),
        tests("JSON", ["JSON"]),
        tests("ChatTemplate", ["ChatTemplate", "JSON", orderedCollections], resources: [.copy("Fixtures")]),
        tests("HTTPServer", ["HTTPServer", httpTypes]),
        tests("RequestLog", ["RequestLog", grdb]),
        tests("ModelFiles", ["JSON", "ModelFiles", "TestSupport"]),
        tests("ModelCatalog", ["ModelCatalog", "ModelFiles", "TestSupport"]),
        tests("OpenAIAPI", ["JSON", "OpenAIAPI", orderedCollections]),
        tests("Telemetry", ["Telemetry"]),
        tests("Architecture", []),
        tests(
            "needletail",
            [
                "needletail", "AccessControl", "InferenceService", "JSON", "Kernels", "ModelFiles", "TestSupport",
                "Transformer", argumentParser, orderedCollections,
            ]),
        tests("Engine", ["Engine", "Tokenization", "Transformer"]),
        tests(
            "InferenceService",
            [
                "AccessControl", "ChatTemplate", "Engine", "HTTPServer", "InferenceService", "JSON", "Kernels",
                "ModelFiles", "OpenAIAPI", "RequestLog", "Telemetry", "TestSupport", "Tokenization", "Transformer",
                httpTypes, logging, orderedCollections, yams,
            ], resources: [.copy("Fixtures")]),
        tests("Kernels", ["CKernels", "Kernels"]),
        tests("Tokenization", ["JSON", "Tokenization"], resources: [.copy("Fixtures")]),
        tests(
            "Transformer", ["Kernels", "ModelFiles", "TestSupport", "Transformer"], resources: [.copy("Fixtures")]),
    ],
    swiftLanguageModes: [.v6]
)
