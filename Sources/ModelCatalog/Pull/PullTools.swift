/// The programs and addresses that pulling uses.
public struct PullTools: Sendable {
    /// A Python 3 with pip.
    public var python: String
    public var curl: String
    /// Where `hf:` references lead to, without a slash at the end.
    public var hubEndpoint: String
    /// The environment that the programs run in, proxy settings and all.
    public var environment: [String: String]

    public init(python: String, curl: String, hubEndpoint: String, environment: [String: String]) {
        self.python = python
        self.curl = curl
        self.hubEndpoint = hubEndpoint
        self.environment = environment
    }

    /// The usual tools, or those that `NEEDLETAIL_PYTHON`, `NEEDLETAIL_CURL` and `NEEDLETAIL_HF_ENDPOINT` name.
    public init(environment: [String: String]) {
        func setting(_ key: String, or standard: String) -> String {
            guard let value = environment[key], !value.isEmpty else { return standard }
            return value
        }
        self.init(
            python: setting("NEEDLETAIL_PYTHON", or: "python3"),
            curl: setting("NEEDLETAIL_CURL", or: "curl"),
            hubEndpoint: setting("NEEDLETAIL_HF_ENDPOINT", or: "https://huggingface.co"),
            environment: environment)
    }
}
