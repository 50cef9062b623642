import CAPIDocument
import HTTPServer

extension HTTPServerResponse {
    /// `GET /openapi.yaml`: the document that this program was built with. The media type is RFC 9512's.
    static let apiDocument = HTTPServerResponse(contentType: "application/yaml", body: apiDocumentBytes)

    private static var apiDocumentBytes: [UInt8] {
        var size = 0
        let start = nt_api_document(&size)
        return Array(UnsafeBufferPointer(start: start, count: size))
    }
}
