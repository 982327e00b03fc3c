#include "widgets/forms/token_edit.h"

#include <QPainter>
#include <QStyle>

#include <algorithm>

namespace assay::widgets {

void TokenEdit::setTokens(QList<Token> tokens)
{
    m_tokens = std::move(tokens);
    update();
}

void TokenEdit::paintEvent(QPaintEvent* event)
{
    QLineEdit::paintEvent(event);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QFontMetrics metrics = fontMetrics();
    const QString line = text();
    // Where the text begins is known only through the cursor, since a long line is scrolled.
    const qreal origin = cursorRect().center().x() - metrics.horizontalAdvance(line.left(cursorPosition()));
    const int inset = style()->pixelMetric(QStyle::PM_DefaultFrameWidth) + 1;
    painter.setClipRect(rect().adjusted(inset, inset, -inset, -inset));
    const qreal height = metrics.height() + 2;
    const qreal top = (this->height() - height) / 2.0;
    const qreal pad =
        std::max(1.5, metrics.horizontalAdvance(QStringLiteral(", ")) / 2.0 - 1); // chips never touch
    for (const Token& token : m_tokens) {
        const qreal left = origin + metrics.horizontalAdvance(line.left(token.begin));
        const qreal width = metrics.horizontalAdvance(line.mid(token.begin, token.length));
        // Over the text, hence nearly transparent: drawing under it would need the whole of QLineEdit.
        QColor fill = palette().color(token.valid ? QPalette::Link : QPalette::BrightText);
        QColor edge = fill;
        fill.setAlphaF(0.08F);
        edge.setAlphaF(token.valid ? 0.30F : 0.75F);
        painter.setBrush(fill);
        painter.setPen(QPen(edge, 1));
        const QRectF chip(left - pad, top, width + pad + 1, height); // its comma stands outside
        painter.drawRoundedRect(chip, height / 4, height / 4);
    }
}

} // namespace assay::widgets
