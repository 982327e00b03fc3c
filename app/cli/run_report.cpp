#include "app/cli/run_report.h"

#include "app/cli/commands.h"
#include "app/cli/text_table.h"
#include "backend/protocol/csv.h"

#include <algorithm>
#include <cstdio>

namespace assay::cli {

using namespace protocol;

namespace {

constexpr std::size_t kMetricsShown = 60;

std::string shortNumber(double value)
{
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.4g", value);
    return buffer;
}

/// A rate says what it is a rate of.
std::string basis(const Metric& metric)
{
    std::string text = metric.unit;
    if (metric.low && metric.high)
        text +=
            (text.empty() ? "[" : " [") + shortNumber(*metric.low) + ", " + shortNumber(*metric.high) + "]";
    if (metric.denominator > 0)
        text += (text.empty() ? "" : "  ") + csvNumber(metric.count) + " of " + csvNumber(metric.denominator);
    if (!metric.rateOf.empty())
        text += " " + metric.rateOf;
    return text;
}

void print(const std::vector<Metric>& metrics)
{
    std::vector<std::vector<std::string>> rows;
    for (std::size_t i = 0; i < std::min(metrics.size(), kMetricsShown); ++i)
        rows.push_back({metrics[i].name, shortNumber(metrics[i].value), basis(metrics[i])});
    std::fputs(textTable(rows).c_str(), stdout);
    if (metrics.size() > kMetricsShown)
        std::printf("and %zu more in metrics.json\n", metrics.size() - kMetricsShown);
}

} // namespace

void RunReport::runEvent(const RunEvent& event)
{
    if (const auto* progress = std::get_if<Progress>(&event.event)) {
        m_view.update(progress->stage, progress->done, progress->total, progress->seconds);
    } else if (const auto* log = std::get_if<LogLine>(&event.event)) {
        if (log->level != LogLevel::Debug)
            m_view.line(log->text);
    } else if (const auto* metric = std::get_if<Metric>(&event.event)) {
        const std::lock_guard lock(m_mutex);
        m_metrics.push_back(*metric);
    } else if (const auto* end = std::get_if<RunFinished>(&event.event)) {
        const std::lock_guard lock(m_mutex);
        m_end = *end;
    }
}

void RunReport::say(const std::string& text)
{
    m_view.line(text);
}

int RunReport::conclude(const std::string& folder)
{
    m_view.close();
    const std::lock_guard lock(m_mutex);
    int status = kDone;
    if (m_end.state == RunState::Cancelled) {
        std::fputs("assay-cli: cancelled.\n", stderr);
        status = kCancelled;
    } else if (m_end.state == RunState::Failed) {
        std::fprintf(stderr, "assay-cli: %s\n", m_end.error.c_str());
        status = kFailed;
    } else {
        std::fprintf(stderr, "Finished in %.1f s.\n", m_end.seconds);
        print(m_metrics);
    }
    std::printf("%s\n", folder.c_str());
    return status;
}

} // namespace assay::cli
