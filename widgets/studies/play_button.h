#pragma once

#include <QPushButton>

#include <string>
#include <vector>

class QTimer;

namespace assay::widgets {

/// Plays a live parameter through its values like a film: from the shown one to the last, and from the first
/// where the last is shown already. The next value comes when the one before has been answered and has been
/// seen for a moment. Click or space starts and stops.
class PlayButton : public QPushButton
{
    Q_OBJECT
public:
    /// The shortest time that a value is seen.
    static constexpr int kFrameMs = 120;

    PlayButton(std::string field, const QString& label, QWidget* parent = nullptr);

    const std::string& field() const { return m_field; }
    /// In ascending order, each once. The button hides where there are fewer than two.
    void setFrames(std::vector<double> frames);
    void setCurrent(double value) { m_current = value; }
    bool isPlaying() const { return isChecked(); }
    void stop();
    /// What was asked for is shown.
    void takeAnswer();

Q_SIGNALS:
    void frameWanted(const QString& field, double value);

private:
    void start(bool playing);
    void advance();

    std::string m_field;
    QString m_label;
    std::vector<double> m_frames;
    double m_current = 0;
    bool m_waiting = false; ///< for the answer to the last value
    QTimer* m_timer;
};

} // namespace assay::widgets
