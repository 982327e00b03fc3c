#include "widgets/studies/patch_dialogs.h"

#include "widgets/studies/text_kit.h"

#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QSpinBox>
#include <QVBoxLayout>

namespace assay::widgets {

namespace {

QDialogButtonBox* dialogButtons(QDialog* dialog, const QString& action)
{
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, dialog);
    QPushButton* accept = buttons->addButton(action, QDialogButtonBox::AcceptRole);
    accept->setObjectName(QStringLiteral("accept"));
    accept->setProperty("kind", QStringLiteral("primary"));
    accept->setDefault(true);
    QObject::connect(buttons, &QDialogButtonBox::accepted, dialog, &QDialog::accept);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    return buttons;
}

QVBoxLayout* dialogColumn(QDialog* dialog)
{
    const int em = dialog->fontMetrics().height();
    auto* column = new QVBoxLayout(dialog);
    column->setContentsMargins(em, em, em, em);
    column->setSpacing(em * 3 / 4);
    dialog->setMinimumWidth(24 * em);
    return column;
}

} // namespace

PrintDialog::PrintDialog(double heightToWidth, QWidget* parent)
    : QDialog(parent)
    , m_heightToWidth(heightToWidth)
    , m_width(new QDoubleSpinBox(this))
    , m_dpi(new QSpinBox(this))
    , m_pixels(makeParagraph("muted", {}, this))
    , m_buttons(dialogButtons(this, tr("Save as PNG …")))
{
    setObjectName(QStringLiteral("printDialog"));
    setWindowTitle(tr("Export patch for print"));
    setAttribute(Qt::WA_DeleteOnClose);
    const PatchPrint print;
    m_width->setObjectName(QStringLiteral("widthCm"));
    m_width->setRange(PatchPrint::kLeastCm, PatchPrint::kMostCm);
    m_width->setDecimals(1);
    m_width->setSuffix(tr(" cm"));
    m_width->setValue(print.widthCm);
    m_dpi->setObjectName(QStringLiteral("dpi"));
    m_dpi->setRange(PatchPrint::kLeastDpi, PatchPrint::kMostDpi);
    m_dpi->setSuffix(tr(" dpi"));
    m_dpi->setSingleStep(50);
    m_dpi->setValue(print.dpi);
    m_pixels->setObjectName(QStringLiteral("printPixels"));
    auto* form = new QFormLayout;
    form->addRow(tr("&Width on paper"), m_width);
    form->addRow(tr("&Resolution"), m_dpi);
    QVBoxLayout* column = dialogColumn(this);
    column->addLayout(form);
    column->addWidget(m_pixels);
    column->addWidget(m_buttons);
    connect(m_width, &QDoubleSpinBox::valueChanged, this, &PrintDialog::showPixels);
    connect(m_dpi, &QSpinBox::valueChanged, this, &PrintDialog::showPixels);
    showPixels();
}

PatchPrint PrintDialog::print() const
{
    return {m_width->value(), m_dpi->value()};
}

void PrintDialog::showPixels()
{
    const QString problem = printProblem(print(), m_heightToWidth);
    const QSize size = printPixels(print(), m_heightToWidth);
    const QLocale locale;
    m_pixels->setText(problem.isEmpty()
                          ? tr("%1 × %2 pixels, %3 × %4 cm on paper. Each pixel of the patch stays a sharp "
                               "rectangle.")
                                .arg(locale.toString(size.width()), locale.toString(size.height()))
                                .arg(print().widthCm, 0, 'f', 1)
                                .arg(print().widthCm * m_heightToWidth, 0, 'f', 1)
                          : problem);
    setTextKind(m_pixels, problem.isEmpty() ? "muted" : "problem");
    m_buttons->findChild<QPushButton*>(QStringLiteral("accept"))->setEnabled(problem.isEmpty());
}

KeepDialog::KeepDialog(const QString& suggestion, QWidget* parent)
    : QDialog(parent)
    , m_name(new QLineEdit(suggestion, this))
{
    setObjectName(QStringLiteral("keepDialog"));
    setWindowTitle(tr("Keep patch in workspace"));
    setAttribute(Qt::WA_DeleteOnClose);
    m_name->setObjectName(QStringLiteral("patchName"));
    m_name->setAccessibleName(tr("Name of the patch"));
    m_name->setValidator(new QRegularExpressionValidator(
        QRegularExpression(QStringLiteral("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")), m_name));
    m_name->selectAll();
    QDialogButtonBox* buttons = dialogButtons(this, tr("Keep"));
    auto* form = new QFormLayout;
    form->addRow(tr("&Name"), m_name);
    QVBoxLayout* column = dialogColumn(this);
    column->addWidget(
        makeParagraph("muted", tr("Studies that take a patch can then be given it by this name."), this));
    column->addLayout(form);
    column->addWidget(buttons);
    const auto update = [this, buttons] {
        buttons->findChild<QPushButton*>(QStringLiteral("accept"))->setEnabled(m_name->hasAcceptableInput());
    };
    connect(m_name, &QLineEdit::textChanged, this, update);
    update();
}

QString KeepDialog::name() const
{
    return m_name->text();
}

} // namespace assay::widgets
