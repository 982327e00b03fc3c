#pragma once

namespace assay::test {

/// From now on the process has the device.
void registerCountingGuard();

} // namespace assay::test
