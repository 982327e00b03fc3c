#pragma once

namespace assay::test {

/// Gives this process an X display of its own for windows that use OpenGL (Mesa's software renderer),
/// whatever display the machine has: starts Xvfb, sets DISPLAY and QT_QPA_PLATFORM, and ends it with the
/// process. Call before the application object is made. Fatal when Xvfb is missing, since no test is skipped.
void useVirtualDisplay();

} // namespace assay::test
