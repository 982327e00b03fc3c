#pragma once

#include "backend/data/images/image_rows.h"
#include "backend/protocol/finding.h"
#include "backend/protocol/json.h"

#include <filesystem>

namespace assay::data {

/// A CSV file that lists pictures: a header, then a picture a row (RFC 4180). Columns path and label; split,
/// caption, x, y, width, height, category (of a box) and any others, which are attributes. Rows with the same
/// path are further boxes of one picture.
struct Manifest
{
    ImageRows rows;
    bool hasSplits = false;
    protocol::Findings findings;
};

/// @param outside whether paths may be absolute or lead out of the file's folder.
/// @param options "categorical" and "numeric": names of columns whose kind is not to be found out.
/// @throws Error naming file and line: no header, records of different length, no UTF-8, a path that leads
///         out, a split that is none, a picture listed twice (without boxes) or with two labels, a box that
///         is no rectangle, a file above kMaxManifestBytes.
Manifest readManifest(const std::filesystem::path& file, bool outside, const Json& options);

/// Whether the file ends in .csv (or .tsv) and its first record names a path and a label.
bool looksLikeManifest(const std::filesystem::path& file);

inline constexpr std::uintmax_t kMaxManifestBytes = std::uintmax_t(1) << 30;

} // namespace assay::data
