#if canImport(Glibc)
    import Glibc
#endif

/// Starts a dedicated thread. A step lasts milliseconds and must not hold up Dispatch or the cooperative pool.
enum EngineThread {
    private final class Body {
        let run: () -> Void
        init(run: @escaping () -> Void) { self.run = run }
    }

    static func start(_ body: sending @escaping () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 8 << 20)
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        // SAFETY: the retained box is taken over, exactly once, by the new thread.
        let box = Unmanaged.passRetained(Body(run: body)).toOpaque()
        let status = pthread_create(
            &thread, &attributes,
            { box in
                Unmanaged<Body>.fromOpaque(box!).takeRetainedValue().run()
                return nil
            }, box)
        precondition(status == 0, "the engine thread could not be started: \(status)")
    }
}
