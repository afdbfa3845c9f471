import KernelABI
import KernelLogic
import Testing

@Suite struct CapabilityTableTests {
    private func withTable(_ body: (CapabilityTable) -> Void) {
        let lower = UnsafeMutablePointer<Capability>.allocate(capacity: CapabilityTable.slotsPerPage)
        let upper = UnsafeMutablePointer<Capability>.allocate(capacity: CapabilityTable.slotsPerPage)
        defer {
            lower.deallocate()
            upper.deallocate()
        }
        let table = CapabilityTable(lower: lower, upper: upper)
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
            table[5].pointee = Capability(object: 0x1234, kind: .endpoint, rights: [.send, .copy], badge: 9)
            #expect(error { () throws(KernelError) in _ = try table.find(5, .endpoint, .send) } == nil)
            #expect((try? table.find(5, .endpoint, .send))?.pointee.badge == 9)
            #expect((try? table.find(5, .endpoint, [.send, .copy]))?.pointee.object == 0x1234)
        }
    }

    @Test func refusesOtherKindsRightsAndSlots() {
        withTable { table in
            table[5].pointee = Capability(object: 1, kind: .endpoint, rights: .send)
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
            table[5].pointee = Capability(object: 1, kind: .endpoint, rights: .send)
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

@Suite struct CapabilityTests {
    private func derive(_ capability: Capability, _ rights: UInt32, badge: UInt32) -> Result<Capability, KernelError> {
        do throws(KernelError) {
            return .success(try capability.derived(rights, badge: badge))
        } catch {
            return .failure(error)
        }
    }

    @Test func aCopyHasNoMoreRightsAndKeepsItsBadge() throws {
        let endpoint = Capability(object: 64, kind: .endpoint, rights: [.send, .copy])
        let copy = try derive(endpoint, CapabilityRights.all.rawValue, badge: 7).get()
        #expect(copy.rights == endpoint.rights && copy.badge == 7 && copy.object == 64 && copy.kind == .endpoint)
        #expect(try derive(copy, ~0, badge: 8).get().badge == 7)
        let last = try derive(copy, CapabilityRights.send.rawValue, badge: 0).get()
        #expect(last.allows(.send) && !last.allows(.copy))
        #expect(derive(last, ~0, badge: 0).error == .permissionDenied)
        let process = Capability(object: 64, kind: .process, rights: .all)
        #expect(try derive(process, ~0, badge: 9).get().badge == 0, "only endpoints and notifications have badges")
    }

    @Test func portsCanOnlyBecomeFewer() throws {
        let ports = Capability(object: UInt(PortRange(0x60, through: 0x6F).rawValue), kind: .ports, rights: .all)
        #expect(try derive(ports, ~0, badge: 0).get().object == ports.object)
        let one = PortRange(0x64, through: 0x64)
        #expect(try derive(ports, ~0, badge: one.rawValue).get().object == UInt(one.rawValue))
        for (first, last) in [(0x5F, 0x60), (0x6F, 0x70), (0x70, 0x80), (0x65, 0x64)] as [(UInt16, UInt16)] {
            #expect(derive(ports, ~0, badge: PortRange(first, through: last).rawValue).error == .badArgument)
        }
    }
}

extension Result {
    /// The failure, if it is one.
    fileprivate var error: Failure? {
        guard case .failure(let error) = self else { return nil }
        return error
    }
}

@Suite struct MessageTagTests {
    @Test func keepsItsParts() {
        let tag = MessageTag(label: 1001, length: 65536, wantsReply: true, capabilities: 4)
        #expect(tag.label == 1001 && tag.length == 65536 && tag.wantsReply && tag.capabilities == 4)
        #expect(Int32(bitPattern: tag.rawValue) >= 0, "a tag must not look like an error")
        let largest = MessageTag(
            label: MessageTag.maximumLabel, length: maximumMessageLength, wantsReply: true, capabilities: 7)
        #expect(Int32(bitPattern: largest.rawValue) >= 0)
        #expect(MessageTag(label: 0, length: 0, wantsReply: false).rawValue == 0)
    }

    @Test func recordsHaveTheirDocumentedSizes() {
        #expect(MemoryLayout<FaultRecord>.size == 72)
        #expect(MemoryLayout<MessageBuffers>.size == 24)
        #expect(MemoryLayout<ManagerStartup>.size == 24)
    }

    @Test func buffersNameTheirSlots() {
        let slots = MessageBuffers(
            sendSlots: 0x0003_0201, receiveSlots: 0x0240, sendPieces: 8, receivePieces: 255).slots
        #expect(slots.sendCount == 3 && slots.slotToSend(2) == 3 && slots.slotToSend(3) == 0)
        #expect(slots.firstToReceive == 0x40 && slots.receiveCount == 2)
        #expect(slots.sendPieces == 8 && slots.receivePieces == 255)
        #expect(MessageSlots(send: 0x0403_0201).sendCount == 4)
        #expect(MessageSlots(send: 0x0403_0200).sendCount == 0)
    }

    @Test func callNumbersWithBitsThatShallBeZeroAreNoCalls() {
        let number = SystemCallNumber(.call, label: 77)
        #expect(number.call == .call && number.label == 77)
        for bit in [9, 15, 26, 31] as [UInt32] {
            #expect(SystemCallNumber(rawValue: number.rawValue | 1 << bit).call == nil)
        }
        #expect(SystemCallNumber(rawValue: 0).call == nil && SystemCallNumber(rawValue: 255).call == nil)
    }
}
