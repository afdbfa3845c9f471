import ArgumentParser
import Foundation
import ToolSupport

/// Builds kernel.img from its parts, or shows what is in one.
///
/// Constraint: one file has to be a disk, a floppy and a kernel for four kinds of loader, and is made of pieces from
/// three tools (assembler, Swift compiler, this package). Choice: a manifest names the pieces; `ImageBuilder` puts them
/// together in memory; `ImageListing` reads an image back without knowing how it was built, and is run over every image
/// before it is written. The format is in docs/image-format.md, its descriptor in the module `KernelImage`, which the
/// kernel shares. Example:
///
///     mkimage images/kernel.json
///     mkimage --list images/kernel.img
@main
struct MakeImage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mkimage",
        abstract: "Builds a kernel image from its parts, or lists and verifies one.")

    @Argument(help: "The manifest: which parts the image is made of.", completion: .file(extensions: ["json"]))
    var manifest = "images/kernel.json"

    @Option(
        name: .shortAndLong, help: "Where to write the image instead of where the manifest says.",
        completion: .file(extensions: ["img"]))
    var output: String?

    @Option(help: "Verify this image, print what it contains, and do nothing else.", completion: .file())
    var list: String?

    func run() throws {
        do {
            if let list {
                print(try ImageListing(readFile(list)).report(name: list))
            } else {
                try build()
            }
        } catch let error as Diagnostic {
            FileHandle.standardError.write(Data("mkimage: \(error)\n".utf8))
            throw ExitCode.failure
        }
    }

    private func build() throws {
        let manifest = try Manifest(contentsOf: manifest)
        let image = try ImageBuilder(manifest).build()
        let path = output ?? manifest.output
        let listing: ImageListing
        do {
            listing = try ImageListing(image)
        } catch {
            throw Diagnostic("\(path): the image just built is broken: \(error)")
        }
        if try writeFile(path, image) { print(listing.report(name: path)) }
    }
}
