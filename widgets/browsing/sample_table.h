#pragma once

#include "backend/protocol/json.h"

#include <QString>
#include <QStringList>

#include <cstdint>
#include <span>
#include <vector>

namespace assay::widgets {

/// Something that is known of the samples of a split. Numbers are also cut into ranges, so that every
/// attribute can be filtered by its codes.
struct SampleAttribute
{
    QString name;
    QStringList values;              ///< names of the codes 0, 1, ...
    std::vector<std::int32_t> codes; ///< into values, -1 where unknown; one a sample
    std::vector<double> numbers;     ///< one a sample, NaN where unknown; empty unless it is a number
};

/// The samples of one split as `data.table` tells them (docs/protocol.md). Sample ids are 0 .. count - 1.
struct SampleTable
{
    std::int64_t count = 0;
    QStringList classes;
    int channels = 0, height = 0, width = 0;
    std::vector<std::int32_t> labels; ///< into classes, -1 where there is none
    std::vector<SampleAttribute> attributes;
    std::vector<QString> names;    ///< one a sample, or empty
    std::vector<QString> captions; ///< one a sample, or empty

    /// Name of the sample's class; empty where there is none or no such sample.
    QString className(std::int64_t id) const;
};

/// Reads the answer to `data.table`. Nothing is allocated for what @p bytes does not hold, and every code
/// lies within its list afterwards. Pure; slow for a large set (100,000 samples with captions: tens of
/// milliseconds), so not for the GUI thread.
/// @throws Error naming the column when the answer cannot be read.
SampleTable readSampleTable(const Json& head, std::span<const std::uint8_t> bytes);

} // namespace assay::widgets
