#pragma once

#include "backend/data/formats/data_format.h"
#include "tests/backend/arrays/run_python.h"

#include <QTemporaryDir>
#include <torch/types.h>

#include <string>

namespace assay::test {

/// The sets of make_sets.py in a temporary folder.
class SetFolder
{
public:
    SetFolder()
    {
        runPython(ASSAY_TEST_SOURCE_DIR "/tests/backend/data/formats/make_sets.py", {m_dir.path()});
    }
    std::filesystem::path at(const std::string& name) const
    {
        return std::filesystem::path(m_dir.path().toStdString()) / name;
    }

private:
    QTemporaryDir m_dir;
};

/// What make_sets.py says of its pixels: (7 i + 50 c + 3 y + x) mod 256 for the images of @p ids.
inline torch::Tensor expectedPixels(const torch::Tensor& ids, std::int64_t channels, std::int64_t height,
                                    std::int64_t width)
{
    const torch::Tensor i = ids.view({-1, 1, 1, 1}) * 7;
    const torch::Tensor c = torch::arange(channels).view({1, -1, 1, 1}) * 50;
    const torch::Tensor y = torch::arange(height).view({1, 1, -1, 1}) * 3;
    const torch::Tensor x = torch::arange(width).view({1, 1, 1, -1});
    return (i + c + y + x).remainder(256).to(torch::kUInt8);
}

inline bool hasFinding(const protocol::Findings& findings, protocol::Finding::Level level,
                       const std::string& text)
{
    for (const auto& finding : findings) {
        if (finding.level == level && finding.text == text)
            return true;
    }
    return false;
}

inline std::string listed(const protocol::Findings& findings)
{
    std::string text;
    for (const auto& finding : findings)
        text += "\n" + finding.text;
    return text;
}

} // namespace assay::test
