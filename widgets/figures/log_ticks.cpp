#include "widgets/figures/log_ticks.h"

#include <cmath>

namespace assay::widgets {

QVector<double> LogTicks::createTickVector(double tickStep, const QCPRange& range)
{
    constexpr double kFewDecades = 2.5;
    if (!(range.lower > 0) || std::log10(range.upper / range.lower) > kFewDecades)
        return QCPAxisTickerLog::createTickVector(tickStep, range);
    QVector<double> ticks;
    for (int power = static_cast<int>(std::floor(std::log10(range.lower)));
         std::pow(10.0, power) <= range.upper; ++power)
        for (const double times : {1.0, 2.0, 5.0})
            ticks << times * std::pow(10.0, power);
    return ticks;
}

} // namespace assay::widgets
