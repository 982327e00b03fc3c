#pragma once

#include "widgets/theme/theme.h"

#include <QTextDocument>
#include <QWidget>

namespace assay::widgets {

/// Text with markup on the paper, in the theme's colours. Its height costs one layout per text and width.
/// Links are opened by the desktop.
class MarkdownView : public QWidget
{
    Q_OBJECT
public:
    enum class Size { Body, Small };
    explicit MarkdownView(Size size, QWidget* parent = nullptr);

    /// @param html as markdownHtml() gives it.
    void setHtml(const QString& html);
    void setTheme(const Theme& theme);
    /// Without markup.
    QString plainText() const { return m_document.toPlainText(); }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void fill();

    Size m_size;
    QString m_html;
    Theme m_theme = Theme::light();
    mutable QTextDocument m_document;
};

} // namespace assay::widgets
