#include "widgets/jobs/job_entry.h"

#include "widgets/jobs/duration_text.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

using protocol::RunState;

namespace {

constexpr double kWindowSeconds = 30;
constexpr double kLeastSeconds = 0.5; // below this a rate is noise

QString tr(const char* text)
{
    return QCoreApplication::translate("JobsView", text);
}

} // namespace

void PaceMeter::add(const protocol::Progress& progress)
{
    const bool again = progress.stage != m_stage || progress.done < m_done || progress.total != m_total ||
                       (!m_samples.empty() && progress.seconds < m_samples.back().seconds);
    if (again)
        m_samples.clear();
    m_stage = progress.stage;
    m_done = progress.done;
    m_total = progress.total;
    if (!m_samples.empty() && m_samples.back().seconds == progress.seconds)
        m_samples.back().done = progress.done;
    else
        m_samples.push_back({progress.seconds, progress.done});
    const auto old = [&](const Sample& s) { return s.seconds < progress.seconds - kWindowSeconds; };
    // One sample older than the window stays, so that slow stages keep a rate.
    const auto keep = std::find_if_not(m_samples.begin(), m_samples.end(), old);
    if (keep - m_samples.begin() > 1)
        m_samples.erase(m_samples.begin(), keep - 1);
}

double PaceMeter::perSecond() const
{
    if (m_samples.empty())
        return 0;
    const Sample& last = m_samples.back();
    const Sample& first = m_samples.front();
    // A single report says how long the stage has taken so far.
    if (m_samples.size() == 1 || last.seconds - first.seconds < kLeastSeconds)
        return last.seconds >= kLeastSeconds ? last.done / last.seconds : 0;
    return (last.done - first.done) / (last.seconds - first.seconds);
}

double PaceMeter::secondsLeft() const
{
    const double rate = perSecond();
    if (rate <= 0 || m_total <= 0)
        return -1;
    return std::max(0.0, m_total - m_done) / rate;
}

double JobEntry::fraction() const
{
    if (state == RunState::Finished)
        return 1;
    if (state == RunState::Queued)
        return 0;
    return progress.total > 0 ? std::clamp(progress.done / progress.total, 0.0, 1.0) : -1;
}

QString JobEntry::stateText() const
{
    switch (state) {
    case RunState::Queued:
        return tr("waiting");
    case RunState::Running:
        return tr("running");
    case RunState::Cancelling:
        return tr("stopping");
    case RunState::Finished:
        return tr("finished");
    case RunState::Failed:
        return tr("failed");
    case RunState::Cancelled:
        return tr("cancelled");
    }
    return {};
}

QString JobEntry::detail() const
{
    if (state == RunState::Failed && !error.isEmpty())
        return error;
    if (state != RunState::Running)
        return stateText();
    QStringList parts;
    const QString stage = QString::fromStdString(progress.stage);
    parts << (stage.isEmpty() ? stateText() : stage);
    if (fraction() >= 0)
        parts << tr("%1 %").arg(int(std::floor(fraction() * 100)));
    if (const QString rate = rateText(pace.perSecond(), unitOfStage(stage)); !rate.isEmpty())
        parts << rate;
    if (pace.secondsLeft() >= 0)
        parts << tr("%1 left").arg(durationText(pace.secondsLeft()));
    return parts.join(QStringLiteral(" · "));
}

QString unitOfStage(const QString& stage)
{
    const auto names = [&](const char* word) {
        return stage.contains(QLatin1String(word), Qt::CaseInsensitive);
    };
    if (names("epoch"))
        return tr("epoch");
    if (names("batch"))
        return tr("batch");
    if (names("image"))
        return tr("image");
    if (names("step"))
        return tr("step");
    return {};
}

} // namespace assay::widgets
