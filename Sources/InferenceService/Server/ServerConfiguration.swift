public import Engine
public import HTTPServer
public import Kernels

/// Everything that `needletail serve` can be told.
public struct ServerConfiguration: Sendable {
    public var host = "127.0.0.1"
    /// 0 picks a free port.
    public var port = 8080
    /// At least one; each has a name of its own.
    public var models: [ServedModel]
    /// Further names of the models.
    public var aliases: [ModelAlias] = []
    /// Threads that compute; nil means all the processors this process may use.
    public var threads: Int?
    /// Positions of one sequence, unless a model has a value of its own; nil means what the model was made for.
    public var contextLength: Int?
    /// How keys and values are kept.
    public var cacheType = CacheType.f16
    /// How the matrices of the models are kept.
    public var quantization = WeightQuantization.standard
    /// Whether requests that leave open how tokens are chosen get what a model's files recommend; else what the API
    /// says.
    public var usesRecommendedSampling = true
    public var engine = EngineConfiguration()
    /// Bytes of the key-value caches of all models together; nil decides by the machine's memory.
    public var cacheByteCount: Int?
    /// How long a request may take, waiting included, whatever it asks for.
    public var longestRequest: Duration = .seconds(600)
    /// The SQLite file of the request log; nil keeps none.
    public var requestLogPath: String?
    /// The file of the API keys (`AccessControl.KeyFile`); nil serves everybody.
    public var apiKeysPath: String?
    /// Shows the metrics without a key although there are keys: most scrapers send none.
    public var hasOpenMetrics = false
    /// Whose web pages may use the server; nil means nobody's. `any` needs keys.
    public var crossOrigins: CrossOriginPolicy.Origins?
    /// Allows an address that other machines can reach although no keys protect it.
    public var allowsUnauthenticatedAccess = false
    /// How long running requests may take after the first signal to stop.
    public var drainTimeout: Duration = .seconds(60)
    public var version: String

    public init(models: [ServedModel], version: String) {
        self.models = models
        self.version = version
    }
}
