#include "app/cli/progress_view.h"

#include "app/cli/formatted.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sys/ioctl.h>
#include <unistd.h>

namespace assay::cli {

namespace {

constexpr int kBarWidth = 24;

std::string rateText(double rate)
{
    return formatted(rate >= 100 ? "%.0f/s" : "%.2g/s", rate);
}

std::string leftText(double seconds)
{
    const auto whole = static_cast<long long>(std::ceil(std::min(seconds, 1e9)));
    char buffer[64];
    if (whole >= 3600)
        std::snprintf(buffer, sizeof buffer, "%lld:%02lld:%02lld left", whole / 3600, whole / 60 % 60,
                      whole % 60);
    else
        std::snprintf(buffer, sizeof buffer, "%lld:%02lld left", whole / 60, whole % 60);
    return buffer;
}

/// Cut to the terminal's width, since a bar that wraps cannot be redrawn.
std::string fitted(const std::string& text)
{
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
        return text;
    std::size_t columns = 0, bytes = 0;
    while (bytes < text.size()) {
        columns += (static_cast<unsigned char>(text[bytes]) & 0xc0) != 0x80;
        if (columns >= size.ws_col)
            break;
        ++bytes;
    }
    return text.substr(0, bytes);
}

} // namespace

std::string progressText(const std::string& stage, double done, double total, double seconds, bool bar)
{
    std::string text = stage;
    if (total > 0) {
        const double part = std::clamp(done / total, 0.0, 1.0);
        if (bar) {
            const int full = static_cast<int>(part * kBarWidth);
            text += "  [" + std::string(full, '#') + std::string(kBarWidth - full, '-') + "]";
        }
        text += formatted("  %3.0f %%", std::floor(100 * part)) + formatted("  %.0f", done) +
                formatted("/%.0f", total);
    } else if (done > 0) {
        text += formatted("  %.0f", done);
    }
    if (seconds > 0 && done > 0) {
        const double rate = done / seconds;
        text += "  " + rateText(rate);
        if (total > done)
            text += "  " + leftText((total - done) / rate);
    }
    return text;
}

ProgressView::ProgressView()
    : m_terminal(::isatty(STDERR_FILENO) == 1)
{}

void ProgressView::update(const std::string& stage, double done, double total, double seconds)
{
    const std::lock_guard lock(m_mutex);
    if (m_terminal) {
        m_bar = fitted(progressText(stage, done, total, seconds, true));
        std::fprintf(stderr, "\r%s\033[K", m_bar.c_str());
        std::fflush(stderr);
        return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (m_anyLine && now - m_lastLine < kLineInterval)
        return;
    m_anyLine = true;
    m_lastLine = now;
    std::fprintf(stderr, "%s\n", progressText(stage, done, total, seconds, false).c_str());
}

void ProgressView::line(const std::string& text)
{
    const std::lock_guard lock(m_mutex);
    if (m_terminal)
        std::fprintf(stderr, "\r\033[K%s\n%s", text.c_str(), m_bar.c_str());
    else
        std::fprintf(stderr, "%s\n", text.c_str());
    std::fflush(stderr);
}

void ProgressView::close()
{
    const std::lock_guard lock(m_mutex);
    if (m_terminal && !m_bar.empty())
        std::fputs("\r\033[K", stderr);
    m_bar.clear();
}

} // namespace assay::cli
