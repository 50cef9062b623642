import Foundation
import ModelCatalog

extension ModelStore {
    /// The store that this process's environment names.
    static func standard() throws -> ModelStore {
        try ModelStore(environment: ProcessInfo.processInfo.environment)
    }
}

/// Bytes for people: `98.2 MB`.
func byteText(_ count: Int) -> String {
    let units = ["kB", "MB", "GB", "TB"]
    var value = Double(count) / 1000
    var unit = 0
    while value >= 999.95, unit < units.count - 1 {
        value /= 1000
        unit += 1
    }
    return String(format: "%.1f %@", value, units[unit])
}
