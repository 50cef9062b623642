import Kernels
import Testing

@Suite struct KernelTableTests {
    @Test func `the scalar kernels are always there`() throws {
        #expect(KernelTable.available.first?.name == "scalar")
        #expect(try KernelTable.select(environment: "scalar").name == "scalar")
    }

    @Test func `without an override the best table is chosen`() throws {
        #expect(try KernelTable.select(environment: nil).name == KernelTable.available.last?.name)
    }

    @Test(arguments: ["", "AVX2", "avx512", "avx-vnni", "sse"])
    func `a name that is no instruction set is an error`(name: String) {
        #expect(throws: KernelError.unknownInstructionSet(name)) { try KernelTable.select(environment: name) }
    }

    @Test(arguments: ["scalar", "avx2", "avxvnni", "avx512vnni", "avx512bf16", "neondot", "neoni8mm"])
    func `a known name gives that table or says that the processor lacks it`(name: String) throws {
        if KernelTable.available.contains(where: { $0.name == name }) {
            #expect(try KernelTable.select(environment: name).name == name)
        } else {
            #expect(throws: KernelError.unsupportedInstructionSet(name)) { try KernelTable.select(environment: name) }
        }
    }
}
