import HTTPTypes
import Testing

@testable import HTTPServer

@Suite struct RouterTests {
    private let router: Router = {
        var router = Router()
        let answer: InlineHandler = { _ in HTTPServerResponse() }
        router.addInline(.get, "/v1/models", handler: answer)
        router.addInline(.get, "/v1/models/{id}", handler: answer)
        router.addInline(.delete, "/v1/models/{id}", handler: answer)
        router.addInline(.get, "/v1/models/default", handler: answer)
        router.addInline(.get, "/v1/{kind}/{id}/files", handler: answer)
        router.addInline(.post, "/v1/chat/completions", handler: answer)
        router.addInline(.get, "/files/{path...}", handler: answer)
        return router
    }()

    private func describe(_ method: HTTPRequest.Method, _ path: String) -> String {
        switch router.match(method, path) {
        case .route(let route, let parameters):
            let values = ["id", "kind", "path"].compactMap { name in parameters[name].map { "\(name)=\($0)" } }
            return ([route.pattern] + values).joined(separator: " ")
        case .options(let allow): return "options \(allow)"
        case .methodNotAllowed(let allow): return "allow \(allow)"
        case .notFound: return "none"
        }
    }

    @Test(
        arguments: [
            (.get, "/v1/models", "/v1/models"), (.head, "/v1/models", "/v1/models"),
            (.get, "/v1/models/a", "/v1/models/{id} id=a"), (.get, "/v1/models/default", "/v1/models/default"),
            (.get, "/v1/models/org%2Fname", "/v1/models/{id} id=org/name"),
            (.get, "/v1/x/y/files", "/v1/{kind}/{id}/files id=y kind=x"),
            (.get, "/files/a/b/c", "/files/{path...} path=a/b/c"), (.get, "/files/", "none"), (.get, "/files", "none"),
            (.get, "/v1/models/", "none"), (.get, "/v1/models/a/", "none"), (.get, "//v1/models", "none"),
            (.get, "/v1//models", "none"), (.get, "/V1/models", "none"), (.get, "/", "none"), (.get, "/v1", "none"),
            (.get, "/v1/models/%FF", "none"),
            (.post, "/v1/models", "allow GET, HEAD, OPTIONS"),
            (.put, "/v1/models/a", "allow DELETE, GET, HEAD, OPTIONS"),
            (.get, "/v1/chat/completions", "allow OPTIONS, POST"),
            (.head, "/v1/chat/completions", "allow OPTIONS, POST"),
            (.options, "/v1/chat/completions", "options OPTIONS, POST"), (.options, "/nope", "none"),
        ] as [(HTTPRequest.Method, String, String)])
    func matches(method: HTTPRequest.Method, path: String, expected: String) {
        #expect(describe(method, path) == expected)
    }

    @Test func allRoutesCanBeListed() {
        #expect(router.routes.count == 7)
    }
}
