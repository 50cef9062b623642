import FoundationEssentials
import TestSupport

/// Builds safetensors bytes, true or forged: nothing here checks anything.
enum RawSafetensors {
    struct Entry {
        var name: String
        var type: String
        var shape: [Int]
        var data: [UInt8]

        init(_ name: String, _ type: String, _ shape: [Int], data: [UInt8]) {
            self.name = name
            self.type = type
            self.shape = shape
            self.data = data
        }
    }

    /// A well-formed file of these tensors, one after another.
    static func file(_ entries: [Entry]) -> [UInt8] {
        var members: [String] = []
        var data: [UInt8] = []
        for entry in entries {
            members.append(
                #""\#(entry.name)":{"dtype":"\#(entry.type)","shape":\#(entry.shape),"#
                    + #""data_offsets":[\#(data.count),\#(data.count + entry.data.count)]}"#)
            data += entry.data
        }
        return file(header: "{" + members.joined(separator: ",") + "}", data: data)
    }

    /// Any header before any data.
    static func file(header: String, length: UInt64? = nil, data: [UInt8] = []) -> [UInt8] {
        le(length ?? UInt64(header.utf8.count)) + Array(header.utf8) + data
    }

    static func floats(_ numbers: [Float]) -> [UInt8] { numbers.flatMap { le($0.bitPattern) } }
}

extension TemporaryDirectory {
    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = "\(path)/\(name)"
        let folder = file.split(separator: "/").dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(atPath: "/" + folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: file))
    }
}
