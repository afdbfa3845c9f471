enum KernelLogicPlaceholder {}
