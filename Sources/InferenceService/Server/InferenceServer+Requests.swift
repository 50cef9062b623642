import Engine
import HTTPServer
import HTTPTypes
import Logging
import OpenAIAPI
import RequestLog
import Telemetry

/// What the HTTP server asks and tells about each request.
extension InferenceServer {
    var httpConfiguration: HTTPServerConfiguration {
        var http = HTTPServerConfiguration(host: configuration.host, port: configuration.port)
        if LoopbackHost.contains(configuration.host) { http.allowedHosts = HTTPServerConfiguration.loopbackHosts }
        if let origins = configuration.crossOrigins {
            http.crossOrigin = CrossOriginPolicy(origins: origins, exposedFields: HTTPFields.namesForPages)
        }
        // Without keys nobody says who they are.
        http.capsStrangers = configuration.apiKeysPath != nil
        http.errorBody = { status, message in
            ErrorBody(contentType: "application/json", bytes: APIError(status: status, message: message).body)
        }
        http.responseFields = { elapsed in HTTPFields(processingTime: elapsed) }
        http.admit = { [self] request in admission(of: request) }
        http.requestFinished = { [self] summary in requestFinished(summary) }
        return http
    }

    private func admission(of request: HTTPServerRequest) -> Admission {
        do throws(AccessRefusal) {
            let caller = try gate.caller(of: request)
            let fields = caller.allowance.map { allowance in { @Sendable in allowance.responseFields } }
            return .accept(
                context: account(for: request, of: caller), isKnownClient: caller.principal != nil,
                responseFields: fields)
        } catch {
            let caller = Caller(principal: error.principal, tenant: .anonymous, allowance: nil)
            let account = account(for: request, of: caller)
            account?.refused(with: error.error)
            return .refuse(error.response, context: account)
        }
    }

    private func account(for request: HTTPServerRequest, of caller: Caller) -> RequestAccount? {
        if request.route.access.isPolled { return nil }
        let requestLog = requestLog
        return RequestAccount(
            id: request.id, endpoint: request.route.name, receivedAt: request.receivedAt,
            receivedUnixMilliseconds: UnixTime.milliseconds, caller: caller
        ) { record in requestLog?.append(record) }
    }

    private func requestFinished(_ summary: RequestSummary) {
        metrics.countRequest(endpoint: summary.route?.name ?? "none", status: summary.status?.code ?? 499)
        if let error = summary.handlerError, !(error is CancellationError), !(error is ResponseWriteError) {
            logger.error("handler failed", metadata: ["id": "\(summary.id)", "error": "\(error)"])
        }
        if summary.route?.access.isPolled == true { return }
        if let account = summary.admission as? RequestAccount {
            account.exchangeEnded(summary)
        } else {
            requestLog?.append(RequestRecord(refused: summary))
        }
    }
}

extension RequestRecord {
    /// The row of a request that was refused before any route took it.
    fileprivate init(refused summary: RequestSummary) {
        self.init(
            id: summary.id, receivedUnixMilliseconds: UnixTime.milliseconds - Int64(summary.duration.milliseconds),
            endpoint: summary.route?.name ?? "none", status: summary.status?.code ?? 499,
            totalMilliseconds: summary.duration.milliseconds,
            isClientCancelled: summary.outcome == .clientGone)
    }
}
