#include "plugins/backdoor/invert_anomaly.h"

#include "backend/metrics/statistics.h"
#include "backend/protocol/error.h"

#include <cmath>
#include <limits>

namespace assay::backdoor {

InvertAnomalies anomaliesOf(std::span<const double> norms, double threshold)
{
    if (norms.empty())
        throw Error("there are no norms to compare");
    InvertAnomalies a{.median = metrics::quantile(norms, 0.5)};
    std::vector<double> distances;
    for (const double norm : norms)
        distances.push_back(std::abs(norm - a.median));
    a.mad = kMadOfNormal * metrics::quantile(distances, 0.5);
    for (std::size_t i = 0; i < norms.size(); ++i) {
        const double far = distances[i] > 0 ? std::numeric_limits<double>::infinity() : 0;
        a.index.push_back(a.mad > 0 ? distances[i] / a.mad : far);
        a.flagged.push_back(a.index.back() > threshold && norms[i] < a.median);
    }
    return a;
}

} // namespace assay::backdoor
