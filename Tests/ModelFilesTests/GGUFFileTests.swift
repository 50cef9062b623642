import ModelFiles
import Testing

@Suite struct GGUFFileTests {
}
