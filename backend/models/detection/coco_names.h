#pragma once

#include <string>
#include <vector>

namespace assay::models {

/// The 80 categories of COCO (Lin et al. 2014) in the order in which detectors trained on it number them.
const std::vector<std::string>& cocoNames();

} // namespace assay::models
