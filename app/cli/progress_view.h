#pragma once

#include <chrono>
#include <mutex>
#include <string>

namespace assay::cli {

/// Progress on standard error: one bar that is redrawn on a terminal, plain lines at most every kLineInterval
/// elsewhere. Safe from any thread.
class ProgressView
{
public:
    ProgressView();

    /// @param total 0 when unknown. @param seconds since the stage began.
    void update(const std::string& stage, double done, double total, double seconds);
    /// A line of text above the bar.
    void line(const std::string& text);
    /// Removes the bar.
    void close();

    static constexpr std::chrono::seconds kLineInterval{3};

private:
    std::mutex m_mutex; ///< guards all below and the order of output
    bool m_terminal;
    std::string m_bar; ///< what stands on the terminal's last line
    std::chrono::steady_clock::time_point m_lastLine;
    bool m_anyLine = false;
};

/// "PGD  [######------]  50 %  500/1000  120/s  0:04 left"; without a total "PGD  500  120/s".
std::string progressText(const std::string& stage, double done, double total, double seconds, bool bar);

} // namespace assay::cli
