internal import CKernels

/// The kernels for one instruction set.
///
/// Products with quantised weights have the same bits whichever table computes them; products with float weights
/// differ between the scalar table and the others by the rounding of a multiply-add.
public struct KernelTable: Sendable {
    let instructionSet: nt_instruction_set

    // SAFETY: the tables are constants of the C target.
    nonisolated(unsafe) let pointer: OpaquePointer

    private init?(_ set: nt_instruction_set) {
        guard let pointer = nt_kernels_for(set) else { return nil }
        self.instructionSet = set
        self.pointer = pointer
    }

    /// `scalar`, `avx2`, `avxvnni`, `avx512vnni`, `avx512bf16`, `neondot` or `neoni8mm`.
    public var name: String { String(cString: nt_kernels_name(pointer)) }

    /// Whether BF16 matrices can be multiplied by rows of bfloat16, see ``ActivationImages/brain``.
    public var hasBrainProducts: Bool { nt_has_brain_rows(pointer) }

    /// The tables this machine can run, best last. The first is `scalar`.
    public static var available: [KernelTable] { sets.compactMap { KernelTable($0.set) } }

    /// The best table of this machine, or the one that is asked for by name.
    ///
    /// - Parameter override: The value of the environment variable `NEEDLETAIL_KERNELS`; nil when it is not set.
    /// - Throws: ``KernelError/unknownInstructionSet(_:)`` or ``KernelError/unsupportedInstructionSet(_:)``.
    public static func select(environment override: String?) throws(KernelError) -> KernelTable {
        guard let override else {
            guard let best = available.last else { preconditionFailure("the scalar kernels run everywhere") }
            return best
        }
        guard let named = sets.first(where: { $0.name == override }) else {
            throw .unknownInstructionSet(override)
        }
        guard let table = KernelTable(named.set) else { throw .unsupportedInstructionSet(override) }
        return table
    }

    private static let sets: [(name: String, set: nt_instruction_set)] = [
        ("scalar", NT_SCALAR), ("avx2", NT_AVX2), ("avxvnni", NT_AVXVNNI), ("avx512vnni", NT_AVX512VNNI),
        ("avx512bf16", NT_AVX512BF16), ("neondot", NT_NEONDOT), ("neoni8mm", NT_NEONI8MM),
    ]
}
