#include "KernelAssembly.h"
