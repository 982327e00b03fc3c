#pragma once

#include <QLineEdit>
#include <QList>

namespace assay::widgets {

/// A line of values with commas between them, each drawn as a chip, so that one sees at a glance how many
/// there are and which one is not understood.
class TokenEdit : public QLineEdit
{
    Q_OBJECT
public:
    struct Token
    {
        qsizetype begin = 0;
        qsizetype length = 0;
        bool valid = true;
    };
    using QLineEdit::QLineEdit;
    void setTokens(QList<Token> tokens);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QList<Token> m_tokens;
};

} // namespace assay::widgets
