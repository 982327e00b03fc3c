#include "plugins/backdoor/detect_detector.h"

#include "backend/protocol/error.h"

#include <algorithm>

namespace assay::backdoor {

const std::vector<DetectorInfo>& detectorInfos()
{
    static const std::vector<DetectorInfo> infos = {
        {.id = "psc",
         .title = "IBD-PSC",
         .source = "Hou et al. 2024",
         .score = "Mean confidence under amplified layers"},
        {.id = "teco",
         .title = "TeCo",
         .source = "Liu et al. 2023",
         .score = "Spread of the severities that flip the class"},
        {.id = "strip",
         .title = "STRIP",
         .source = "Gao et al. 2019",
         .score = "Less the mean entropy under overlays (bits)"},
        {.id = "scale-up",
         .title = "SCALE-UP",
         .source = "Guo et al. 2023",
         .score = "Share of multiples that keep the class"},
        {.id = "spectral",
         .title = "Spectral Signatures",
         .source = "Tran et al. 2018",
         .score = "Squared projection on the class's first direction",
         .trainingSet = true},
        {.id = "clustering",
         .title = "Activation Clustering",
         .source = "Chen et al. 2018",
         .score = "Share of the class outside of the image's cluster",
         .trainingSet = true},
    };
    return infos;
}

const DetectorInfo& detectorInfo(const std::string& id)
{
    const auto found = std::ranges::find(detectorInfos(), id, &DetectorInfo::id);
    if (found == detectorInfos().end())
        throw Error("there is no detector '" + id + "'", "detectors");
    return *found;
}

} // namespace assay::backdoor
