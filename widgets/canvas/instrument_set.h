#pragma once

#include <QFlags>

namespace assay::widgets {

/// The floating windows of a canvas.
enum class Instrument {
    Tools = 1,         ///< tool palette, comparison and look
    Probabilities = 2, ///< bars, while there are any
    Probe = 4,         ///< the pixel under the cursor
    Frames = 8         ///< frame times and texture memory
};
Q_DECLARE_FLAGS(Instruments, Instrument)
Q_DECLARE_OPERATORS_FOR_FLAGS(Instruments)

} // namespace assay::widgets
