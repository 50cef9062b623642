import HTTPServer
import Logging
import OpenAIAPI

/// An endpoint that works with a model, in a task of its own.
protocol ModelHandler: Sendable {
    /// Answers one request.
    ///
    /// - Throws: `APIError` for whatever the client should be told, `CancellationError` or `ResponseWriteError` when it
    ///   has gone; anything else is the server's fault.
    @concurrent
    func respond(
        to request: HTTPServerRequest, _ account: RequestAccount, _ writer: consuming ResponseWriter
    ) async throws
}

extension ResponseWriter {
    /// Sends a whole reply, after the account is settled.
    consuming func send(_ reply: [UInt8], for account: RequestAccount) async throws {
        account.settle()
        try await send(.json(reply))
    }
}

extension ModelHandler {
    /// The handler as the router takes it: errors become replies here, and the account is always closed.
    func route(_ logger: Logger) -> HTTPHandler {
        { request, writer in
            guard let account = request.admission as? RequestAccount else {
                throw APIError.internalError(requestID: request.id)
            }
            account.handlerBegan()
            defer { account.handlerEnded() }
            do {
                try await respond(to: request, account, writer)
            } catch let error as APIError {
                account.fail(error)
                throw error
            } catch let sent as ErrorWasSent {
                account.fail(sent.error)
            } catch is CancellationError {
                account.cancel()
                throw CancellationError()
            } catch let error as ResponseWriteError {
                account.cancel()
                throw error
            } catch {
                logger.error("request failed", metadata: ["id": "\(request.id)", "error": "\(error)"])
                account.fail(.internalError())
                throw APIError.internalError(requestID: request.id)
            }
        }
    }
}
