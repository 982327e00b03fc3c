#pragma once

#include "widgets/studies/patch_print.h"

#include <QDialog>

class QDialogButtonBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace assay::widgets {

/// Asks how large a patch is to be printed and says how many pixels that makes. The caller asks for the path
/// and writes.
class PrintDialog : public QDialog
{
    Q_OBJECT
public:
    explicit PrintDialog(double heightToWidth, QWidget* parent = nullptr);
    PatchPrint print() const;

private:
    void showPixels();

    double m_heightToWidth;
    QDoubleSpinBox* m_width;
    QSpinBox* m_dpi;
    QLabel* m_pixels;
    QDialogButtonBox* m_buttons;
};

/// Asks for the name under which the workspace keeps something: letters, digits, '-', '_' and '.', as files
/// everywhere may be called.
class KeepDialog : public QDialog
{
    Q_OBJECT
public:
    explicit KeepDialog(const QString& suggestion, QWidget* parent = nullptr);
    QString name() const;

private:
    QLineEdit* m_name;
};

} // namespace assay::widgets
