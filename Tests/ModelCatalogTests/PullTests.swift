import ModelCatalog
import Testing

@Suite struct PullTests {
}
