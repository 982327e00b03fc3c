#pragma once

#include "backend/data/images/lazy_image_dataset.h"

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <filesystem>
#include <string>

namespace assay::test {

/// Writes one JPEG with smooth and busy parts and @p count names for it (hard links): to whoever reads them,
/// as many pictures of that size. @returns their list.
inline data::ImageList writePhotos(const std::filesystem::path& folder, int count, int height, int width)
{
    cv::Mat photo(height, width, CV_8UC3);
    cv::randu(photo, 0, 255);
    cv::GaussianBlur(photo, photo, {}, 4);
    cv::normalize(photo, photo, 0, 255, cv::NORM_MINMAX);
    const std::filesystem::path first = folder / "0.jpg";
    cv::imwrite(first.string(), photo);
    data::ImageList list{.classes = {"photo"}};
    for (int i = 0; i < count; ++i) {
        const std::string name = std::to_string(i) + ".jpg";
        if (i > 0)
            std::filesystem::create_hard_link(first, folder / name);
        list.parts[0].table.names.push_back(name);
        list.parts[0].labels.push_back(0);
    }
    return list;
}

} // namespace assay::test
