#pragma once

#include "widgets/theme/theme.h"

#include <QFont>
#include <QLabel>

namespace assay::widgets {

/// A label of the theme's typography: @p kind is one of the style sheet's ("title", "subtitle", "heading",
/// "muted", "small", "problem", "warning", "badge", "mono"), or empty for body text. The text is plain:
/// it comes from studies and files, and nothing in it is markup.
QLabel* makeText(const char* kind, const QString& text, QWidget* parent);
/// The same, wrapped and selectable.
QLabel* makeParagraph(const char* kind, const QString& text, QWidget* parent);
/// Wrapped text whose height costs one measurement per text and width. QLabel measures selectable text many
/// times over for each question, which made a page of results stall for a tenth of a second.
class Paragraph : public QLabel
{
    Q_OBJECT
public:
    Paragraph(const QString& text, QWidget* parent);
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

private:
    struct Measured
    {
        QString text;
        QFont font;
        int width = -1;
        int height = 0;
    };
    mutable Measured m_measured;
};

/// One line that ends in "…" where it does not fit; the whole is its tooltip then.
class ElidedLabel : public QLabel
{
    Q_OBJECT
public:
    ElidedLabel(const char* kind, QWidget* parent);
    void setWholeText(const QString& text);
    /// Where the text is cut that does not fit; at its end unless said otherwise.
    void setElideMode(Qt::TextElideMode mode);
    QSize minimumSizeHint() const override { return {0, QLabel::minimumSizeHint().height()}; }

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void elide();
    QString m_whole;
    Qt::TextElideMode m_mode = Qt::ElideRight;
};

/// Changes the kind of a label that is already shown.
void setTextKind(QLabel* label, const char* kind);

/// Colour of a tone: "good", "warning", "bad", "accent", muted otherwise.
QColor toneColour(const Theme& theme, const QString& tone);
/// The name of a run's state as the user reads it, and its tone.
QString stateText(const QString& state);
QString stateTone(const QString& state);

} // namespace assay::widgets
