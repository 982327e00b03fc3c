#include "widgets/jobs/duration_text.h"

#include <QCoreApplication>
#include <QLocale>

#include <cmath>

namespace assay::widgets {

namespace {

QString translated(const char* text)
{
    return QCoreApplication::translate("JobsView", text);
}

} // namespace

QString durationText(double seconds)
{
    if (!std::isfinite(seconds) || seconds < 0)
        return {};
    const auto whole = qint64(std::llround(seconds));
    if (whole < 60)
        return translated("%1 s").arg(whole);
    if (whole < 600)
        return translated("%1 min %2 s").arg(whole / 60).arg(whole % 60);
    if (whole < 3600)
        return translated("%1 min").arg((whole + 30) / 60);
    if (whole < 48 * 3600)
        return translated("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60);
    return translated("%1 d %2 h").arg(whole / 86400).arg(whole % 86400 / 3600);
}

QString rateText(double perSecond, const QString& unit)
{
    if (!std::isfinite(perSecond) || perSecond <= 0)
        return {};
    if (perSecond < 0.1)
        return unit.isEmpty() ? translated("%1 each").arg(durationText(1 / perSecond))
                              : translated("%1 per %2").arg(durationText(1 / perSecond), unit);
    const QString number = QLocale().toString(perSecond, 'f', perSecond < 10 ? 1 : 0);
    return unit.isEmpty() ? translated("%1/s").arg(number) : translated("%1 %2s/s").arg(number, unit);
}

} // namespace assay::widgets
