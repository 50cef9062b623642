public import ArgumentParser
public import InferenceService
public import Kernels

/// How models are run.
struct ComputeOptions: ParsableArguments {
    @Option(help: "Threads that compute. Default: all the processors this process may use.")
    var threads: Int?

    @Option(
        help: """
            How keys and values are kept: f16 (16 bits a number) or q8_0 (8 bits and scales, about half the memory). \
            Default: f16.
            """)
    var kvType: CacheType?

    @Option(
        help: ArgumentHelp(
            """
            The format in which matrices of floats are kept in memory: q8_0, q4_0, q4_K, bf16 or another of 'needletail \
            quantize', or none for as they are. Default: bf16 for encoders on processors that multiply bfloat16; \
            otherwise q8_0 for Hugging Face folders and none for GGUF files.
            """, valueName: "format"))
    var quantize: WeightQuantization?

    func resolvedQuantization() throws -> WeightQuantization {
        try quantize ?? EnvironmentDefault.value("NEEDLETAIL_QUANTIZE") ?? .standard
    }

    func resolvedThreadCount() throws -> Int {
        let threads = try threads ?? EnvironmentDefault.value("NEEDLETAIL_THREADS") ?? WorkerPool.defaultThreadCount()
        guard (1...1024).contains(threads) else {
            throw ValidationError("--threads (or NEEDLETAIL_THREADS) must be 1 to 1024, not \(threads).")
        }
        return threads
    }

    func resolvedCacheType() throws -> CacheType {
        try kvType ?? EnvironmentDefault.value("NEEDLETAIL_KV_TYPE") ?? .f16
    }
}

extension CacheType: ExpressibleByArgument {}

extension WeightQuantization: ExpressibleByArgument {
    public init?(argument: String) {
        if argument.lowercased() == "none" {
            self = .asStored
        } else if let format = WeightFormat(argument: argument), format.isWritable {
            self = .format(format)
        } else {
            return nil
        }
    }
}
