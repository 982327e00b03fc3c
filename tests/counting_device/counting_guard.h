#pragma once

namespace assay::test {

/// Called by what needs the device guard, so that the linker keeps the file that registers it.
void keepCountingGuard();

} // namespace assay::test
