#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace assay::widgets {

/// Stands where there is nothing to show: says why, and offers to try again where that may help.
class MessagePage : public QWidget
{
    Q_OBJECT
public:
    explicit MessagePage(QWidget* parent);
    void say(const QString& sentence, bool mayTryAgain);
    QString sentence() const;

Q_SIGNALS:
    void triedAgain();

private:
    QLabel* m_text;
    QPushButton* m_again;
};

} // namespace assay::widgets
