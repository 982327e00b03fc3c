#pragma once

#include <QObject>

#include <memory>

namespace assay::widgets {

/// Measures how long the GUI thread's event loop leaves its events lying. A thread posts one heartbeat at a
/// time and notes how long it waited: a heartbeat waits exactly as long as a click would have.
/// To be made and used in the GUI thread. Costs some 200 small events a second while it runs.
class StallMeter : public QObject
{
    Q_OBJECT
public:
    explicit StallMeter(QObject* parent = nullptr);
    ~StallMeter() override;

    void start(int everyMs = 5);
    void stop();
    bool isRunning() const;
    /// Forgets what was measured.
    void reset();

    /// The longest wait since reset(), counting one that lasts right now.
    double longestMs() const;
    /// Exact to 0.1 ms below 100 ms. 0 before the first heartbeat.
    double quantileMs(double fraction) const;
    double medianMs() const { return quantileMs(0.5); }
    qint64 heartbeats() const;
    /// Heartbeats that waited longer than @p ms, which is at most 100.
    qint64 countAbove(double ms) const;

Q_SIGNALS:
    /// A wait of more than 50 ms has just ended.
    void stalled(double ms);

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace assay::widgets
