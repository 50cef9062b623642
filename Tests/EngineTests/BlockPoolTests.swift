import Testing

@testable import Engine

@Suite struct BlockPoolTests {
    private let a = Tenant(id: "a")
    private let b = Tenant(id: "b")

    private func root(_ tenant: Tenant, salt: String = "", _ tokens: [Int32]) -> BlockKey {
        BlockKey(link: .root(PrefixNamespace(tenant: tenant, salt: salt)), tokens: tokens)
    }

    private func allocate(_ count: Int, for tenant: Tenant, in pool: inout BlockPool) -> [Int32] {
        var blocks: [Int32] = []
        while blocks.count < count, let block = pool.allocate(for: tenant) { blocks.append(block) }
        return blocks
    }

    /// Caches blocks of a tenant, each a prompt of its own, and lets go of them in this order.
    private func cache(_ numbers: Range<Int32>, of tenant: Tenant, in pool: inout BlockPool) -> [Int32] {
        let blocks = zip(numbers, allocate(numbers.count, for: tenant, in: &pool)).map { number, block in
            pool.register(block, as: root(tenant, [number]), of: tenant)
        }
        for block in blocks { pool.release(block) }
        return blocks
    }

    @Test func blocksGoFromFreeToHeldToCachedAndBack() {
        var pool = BlockPool(blockCount: 2)
        let block = allocate(1, for: a, in: &pool)[0]
        #expect((pool.freeCount, pool.cachedCount, pool.heldCount) == (1, 0, 1))
        pool.release(block)
        #expect((pool.freeCount, pool.cachedCount, pool.heldCount) == (2, 0, 0))
        let kept = cache(0..<1, of: a, in: &pool)[0]
        #expect((pool.freeCount, pool.cachedCount, pool.heldCount) == (1, 1, 0))
        pool.retain(kept)
        pool.retain(shared: kept)
        #expect(pool.referenceCount(of: kept) == 2)
        #expect((pool.freeCount, pool.cachedCount, pool.heldCount) == (1, 0, 1))
        pool.release(kept)
        #expect(pool.heldCount == 1)
        pool.release(kept)
        #expect(pool.cachedCount == 1)
        #expect(allocate(2, for: a, in: &pool).last == kept)
        #expect(pool.identity(of: kept) == nil && pool.registeredCount == 0)
        #expect(allocate(1, for: a, in: &pool).isEmpty)
    }

    @Test func theSameContentsAreKeptOnce() {
        var pool = BlockPool(blockCount: 4)
        let first = allocate(1, for: a, in: &pool)[0]
        let second = allocate(1, for: a, in: &pool)[0]
        var kept = pool.register(first, as: root(a, [1, 2]), of: a)
        #expect(kept == first)
        kept = pool.register(second, as: root(a, [1, 2]), of: a)
        #expect(kept == first)
        #expect(pool.referenceCount(of: first) == 2 && pool.referenceCount(of: second) == 0)
        #expect(pool.freeCount == 3)
        // Nothing changes when a block is registered twice.
        kept = pool.register(first, as: root(a, [1, 2]), of: a)
        #expect(kept == first)
        #expect(pool.referenceCount(of: first) == 2)
    }

    @Test func aMatchFollowsTheChainInItsNamespaceOnly() throws {
        var pool = BlockPool(blockCount: 4)
        let head = allocate(1, for: a, in: &pool)[0]
        _ = pool.register(head, as: root(a, [1, 2]), of: a)
        let tail = allocate(1, for: a, in: &pool)[0]
        let identity = try #require(pool.identity(of: head))
        _ = pool.register(tail, as: BlockKey(link: .block(identity), tokens: [3, 4]), of: a)
        func match(_ tokens: [Int32], _ tenant: Tenant, salt: String = "", limit: Int = 2) -> [Int32] {
            pool.match(tokens, in: PrefixNamespace(tenant: tenant, salt: salt), blockLength: 2, limit: limit)
        }
        #expect(match([1, 2, 3, 4], a) == [head, tail])
        #expect(match([1, 2, 3, 4], a, limit: 1) == [head])
        #expect(match([1, 2, 3, 5], a) == [head])
        #expect(match([3, 4, 3, 4], a).isEmpty)
        #expect(match([1, 2, 3, 4], b).isEmpty)
        #expect(match([1, 2, 3, 4], a, salt: "s").isEmpty)
        #expect(match([1, 2, 3, 4], a, limit: -1).isEmpty)
    }

    @Test func theEndOfATableGoesFirst() {
        var pool = BlockPool(blockCount: 3)
        let table = allocate(3, for: a, in: &pool)
        for (number, block) in table.enumerated() { _ = pool.register(block, as: root(a, [Int32(number)]), of: a) }
        pool.release(table: table)
        #expect(allocate(3, for: a, in: &pool) == table.reversed())
    }

    @Test func theLeastRecentlyUsedGoesFirst() {
        var pool = BlockPool(blockCount: 3)
        let blocks = cache(0..<3, of: a, in: &pool)
        pool.retain(blocks[0])
        pool.release(blocks[0])
        #expect(allocate(3, for: a, in: &pool) == [blocks[1], blocks[2], blocks[0]])
    }

    @Test func aTenantWithMuchPaysForItsOwnGrowth() {
        var pool = BlockPool(blockCount: 10)
        let small = cache(0..<2, of: b, in: &pool)
        let large = cache(2..<10, of: a, in: &pool)
        // b's blocks are older, and stay: a has more than the mean.
        #expect(allocate(3, for: a, in: &pool) == Array(large[..<3]))
        // Whoever is new takes from those above the mean as well.
        #expect(allocate(1, for: Tenant(id: "c"), in: &pool) == [large[3]])
        #expect(pool.identity(of: small[0]) != nil)
    }

    @Test func aTenantCanBeForgotten() {
        var pool = BlockPool(blockCount: 6)
        let kept = cache(0..<2, of: b, in: &pool)
        let gone = cache(2..<5, of: a, in: &pool)
        pool.retain(gone[0])
        pool.forget(a)
        #expect((pool.freeCount, pool.cachedCount, pool.heldCount) == (3, 2, 1))
        #expect(pool.identity(of: kept[0]) != nil)
        #expect(pool.identity(of: gone[1]) == nil)
    }
}
