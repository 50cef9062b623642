import ChatTemplate
import JSON
import OrderedCollections
import Testing

/// Renders a source once, with variables of the request.
func render(
    _ source: String, _ variables: JSONObject = [:], messages: [JSONValue] = [], limits: TemplateLimits = patient
) throws(TemplateError) -> RenderedPrompt {
    let context = TemplateContext(
        messages: messages, bosToken: "<s>", eosToken: "</s>", extra: variables,
        now: CivilDateTime(year: 2026, month: 3, day: 4))
    return try ChatTemplate(source: source, limits: limits).render(context)
}

/// Limits that do not depend on how fast the machine is.
let patient: TemplateLimits = {
    var limits = TemplateLimits()
    limits.duration = .seconds(600)
    return limits
}()

/// The kind of error that a rendering ends with.
func failure(
    _ source: String, _ variables: JSONObject = [:], limits: TemplateLimits = patient
) -> TemplateError.Kind? {
    do throws(TemplateError) {
        _ = try render(source, variables, limits: limits)
        return nil
    } catch {
        return error.kind
    }
}
