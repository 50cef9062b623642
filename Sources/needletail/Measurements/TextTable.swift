import Foundation

/// Columns of text for a terminal: the first left, the others right.
struct TextTable {
    private var rows: [[String]]

    init(_ titles: [String]) {
        rows = [titles]
    }

    /// - Parameter cells: As many as there are titles.
    mutating func add(_ cells: [String]) {
        precondition(cells.count == rows[0].count, "a cell for each column")
        rows.append(cells)
    }

    var text: String {
        let widths = rows[0].indices.map { column in rows.reduce(0) { max($0, $1[column].count) } }
        return rows.map { row in
            let cells = zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? cell.0 + padding : padding + cell.0
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }

    /// A line with a label and a value.
    static func pair(_ label: String, _ value: String) -> String {
        label.padding(toLength: 22, withPad: " ", startingAt: 0) + value + "\n"
    }

    static func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }
}
