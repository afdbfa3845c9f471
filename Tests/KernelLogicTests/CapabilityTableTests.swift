import KernelABI
import KernelLogic
import Testing

@Suite struct CapabilityTableTests {
    private func withTable(_ body: (CapabilityTable) -> Void) {
        let slots = UnsafeMutablePointer<Capability>.allocate(capacity: Int(capabilitySlotCount))
        defer { slots.deallocate() }
        let table = CapabilityTable(slots: slots)
        table.clear()
        body(table)
    }

    private func error(_ body: () throws(KernelError) -> Void) -> KernelError? {
        do {
            try body()
            return nil
        } catch {
            return error
        }
    }

    @Test func findsWhatIsThere() throws {
        withTable { table in
            table.slots[5] = Capability(object: 0x1234, kind: .endpoint, rights: [.send, .copy], badge: 9)
            #expect(error { () throws(KernelError) in _ = try table.find(5, .endpoint, .send) } == nil)
            #expect((try? table.find(5, .endpoint, .send))?.pointee.badge == 9)
            #expect((try? table.find(5, .endpoint, [.send, .copy]))?.pointee.object == 0x1234)
        }
    }

    @Test func refusesOtherKindsRightsAndSlots() {
        withTable { table in
            table.slots[5] = Capability(object: 1, kind: .endpoint, rights: .send)
            #expect(error { () throws(KernelError) in _ = try table.find(5, .process, []) } == .badCapability)
            #expect(error { () throws(KernelError) in _ = try table.find(5, .endpoint, .receive) } == .permissionDenied)
            #expect(
                error { () throws(KernelError) in _ = try table.find(5, .endpoint, [.send, .copy]) }
                    == .permissionDenied)
            for slot in [0, 6, 255, 256, 257, UInt32.max] {
                #expect(error { () throws(KernelError) in _ = try table.find(slot, .endpoint, []) } == .badCapability)
                #expect(error { () throws(KernelError) in _ = try table.occupied(slot) } == .badCapability)
            }
        }
    }

    @Test func emptySlotsAreEmpty() {
        withTable { table in
            table.slots[5] = Capability(object: 1, kind: .endpoint, rights: .send)
            #expect(error { () throws(KernelError) in _ = try table.empty(5) } == .slotOccupied)
            for slot in [0, 256, UInt32.max] {
                #expect(error { () throws(KernelError) in _ = try table.empty(slot) } == .badSlot)
            }
            for slot in [1, 4, 6, 255] as [UInt32] {
                #expect(error { () throws(KernelError) in _ = try table.empty(slot) } == nil)
            }
        }
    }
}

@Suite struct MessageTagTests {
    @Test func keepsItsParts() {
        let tag = MessageTag(label: 8001, length: 65536, wantsReply: true)
        #expect(tag.label == 8001 && tag.length == 65536 && tag.wantsReply)
        #expect(Int32(bitPattern: tag.rawValue) >= 0, "a tag must not look like an error")
        let largest = MessageTag(label: MessageTag.maximumLabel, length: maximumMessageLength, wantsReply: true)
        #expect(Int32(bitPattern: largest.rawValue) >= 0)
        #expect(MessageTag(label: 0, length: 0, wantsReply: false).rawValue == 0)
    }

    @Test func recordsHaveTheirDocumentedSizes() {
        #expect(MemoryLayout<FaultRecord>.size == 72)
        #expect(MemoryLayout<MessageBuffers>.size == 16)
        #expect(MemoryLayout<ManagerStartup>.size == 20)
    }
}
