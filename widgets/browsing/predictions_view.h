#pragma once

#include "widgets/browsing/sample_reply.h"
#include "widgets/theme/theme.h"

#include <QWidget>

namespace assay::widgets {

/// What models make of one sample: under each model's name its most probable classes as bars, that of the
/// sample marked with a tick; or the sentence that says why it could not be asked.
class PredictionsView : public QWidget
{
    Q_OBJECT
public:
    explicit PredictionsView(QWidget* parent = nullptr);

    /// @param truth name of the sample's class, empty for none
    void setPredictions(const QList<SampleReply::Prediction>& predictions, const QString& truth);
    void setTheme(const Theme& theme);
    /// All of it as lines of text, as a screen reader says it.
    QString spoken() const;

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int arrange(int width, class QPainter* painter) const;
    void drawGuess(QPainter& painter, const QRect& row, const SampleReply::Guess& guess) const;

    QList<SampleReply::Prediction> m_predictions;
    QString m_truth;
    Theme m_theme = Theme::light();
};

} // namespace assay::widgets
