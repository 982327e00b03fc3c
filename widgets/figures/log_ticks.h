#pragma once

#include <qcustomplot.h>

namespace assay::widgets {

/// Ticks of a logarithmic axis. Where it shows only a decade or two, powers of ten alone would leave one
/// number or none on it: then 1, 2 and 5 times each power.
class LogTicks : public QCPAxisTickerLog
{
protected:
    QVector<double> createTickVector(double tickStep, const QCPRange& range) override;
};

} // namespace assay::widgets
