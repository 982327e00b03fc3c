#include "widgets/theme/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFrame>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QRadioButton>
#include <QSlider>
#include <QTabWidget>
#include <QTableWidget>
#include <QTest>
#include <QToolButton>
#include <QTreeWidget>
#include <QVBoxLayout>

using assay::widgets::Theme;

namespace {

QLabel* label(const QString& text, const char* kind)
{
    auto* result = new QLabel(text);
    result->setProperty("kind", kind);
    return result;
}

QPushButton* button(const QString& text, const char* kind = "")
{
    auto* result = new QPushButton(text);
    result->setProperty("kind", kind);
    return result;
}

QWidget* fieldsCard()
{
    auto* card = new QFrame;
    card->setProperty("kind", "card");
    auto* column = new QVBoxLayout(card);
    column->addWidget(label("Attack", "heading"));
    auto* edit = new QLineEdit("fashion-cnn");
    auto* search = new QLineEdit;
    search->setPlaceholderText("Search studies");
    auto* spin = new QDoubleSpinBox;
    spin->setSuffix(" of [0,1]");
    auto* combo = new QComboBox;
    combo->addItems({"PGD", "FGSM", "MI-FGSM"});
    auto* slider = new QSlider(Qt::Horizontal);
    slider->setValue(40);
    auto* progress = new QProgressBar;
    progress->setValue(60);
    auto* check = new QCheckBox("Random start");
    check->setChecked(true);
    auto* radio = new QRadioButton("All attacked images");
    radio->setChecked(true);
    for (QWidget* widget : std::initializer_list<QWidget*>{edit, search, spin, combo, slider, progress, check,
                                                           new QCheckBox("Targeted"), radio})
        column->addWidget(widget);
    column->addWidget(label("eps is 0.7; it must be in [0, 0.5]", "problem"));
    column->addWidget(label("0.91 of the test images", "muted"));
    return card;
}

QWidget* buttonsCard(const Theme& theme)
{
    auto* card = new QFrame;
    card->setProperty("kind", "card");
    auto* column = new QVBoxLayout(card);
    column->addWidget(label("Class-aware transferability", "title"));
    auto* row = new QHBoxLayout;
    auto* run = button("Run study", "primary");
    run->setIcon(theme.icon("run", theme.accentText));
    row->addWidget(run);
    row->addWidget(button("Export…"));
    row->addWidget(button("Cancel", "danger"));
    row->addWidget(button("Details", "flat"));
    auto* off = button("Disabled");
    off->setEnabled(false);
    row->addWidget(off);
    row->addStretch();
    column->addLayout(row);
    auto* icons = new QGridLayout;
    const QStringList names = Theme::iconNames();
    for (int i = 0; i < names.size(); ++i) {
        auto* tool = new QToolButton;
        tool->setIcon(theme.icon(names[i]));
        tool->setIconSize(QSize(20, 20));
        tool->setToolTip(names[i]);
        icons->addWidget(tool, i / 13, i % 13);
    }
    column->addLayout(icons);
    auto* badges = new QHBoxLayout;
    badges->addWidget(label("Fashion-MNIST", "badge"));
    badges->addWidget(label("live", "badge-accent"));
    badges->addStretch();
    column->addLayout(badges);
    auto* maps = new QLabel;
    QImage strip(256, 48, QImage::Format_RGB32);
    for (int x = 0; x < 256; ++x)
        for (int y = 0; y < 48; ++y)
            strip.setPixelColor(x, y, theme.mapped(y < 24 ? "sequential" : "diverging", x / 255.0));
    maps->setPixmap(QPixmap::fromImage(strip));
    column->addWidget(maps);
    auto* roles = new QHBoxLayout;
    for (const char* role :
         {"same", "different", "unfooled", "chance", "model:cnn", "model:mlp", "model:vit"}) {
        auto* swatch = new QLabel(role);
        swatch->setStyleSheet(QString("background: %1; color: %2; padding: 4px")
                                  .arg(theme.role(role).name(), Theme::inkOn(theme.role(role)).name()));
        roles->addWidget(swatch);
    }
    column->addLayout(roles);
    return card;
}

QWidget* viewsCard()
{
    auto* tabs = new QTabWidget;
    auto* table = new QTableWidget(6, 3);
    table->setHorizontalHeaderLabels({"target", "same", "different"});
    for (int row = 0; row < 6; ++row)
        for (int column = 0; column < 3; ++column)
            table->setItem(row, column, new QTableWidgetItem(QString::number(row * 0.13 + column, 'f', 3)));
    table->selectRow(2);
    tabs->addTab(table, "Table");
    tabs->addTab(new QWidget, "Figures");
    return tabs;
}

QWidget* treeCard()
{
    auto* tree = new QTreeWidget;
    tree->setHeaderHidden(true);
    auto* models = new QTreeWidgetItem(tree, {"Models"});
    new QTreeWidgetItem(models, {"fashion-cnn"});
    new QTreeWidgetItem(models, {"fashion-mlp"});
    models->setExpanded(true);
    new QTreeWidgetItem(tree, {"Datasets"});
    tree->setCurrentItem(models->child(0));
    return tree;
}

} // namespace

class StyleTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void everyWidgetIsStyled_data();
    void everyWidgetIsStyled();
};

void StyleTest::everyWidgetIsStyled_data()
{
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
}

void StyleTest::everyWidgetIsStyled()
{
    QFETCH(bool, dark);
    const Theme theme = dark ? Theme::dark() : Theme::light();
    theme.apply();
    QWidget window;
    window.setObjectName("styleSampler");
    auto* grid = new QGridLayout(&window);
    grid->addWidget(fieldsCard(), 0, 0);
    grid->addWidget(buttonsCard(theme), 0, 1);
    grid->addWidget(treeCard(), 1, 0);
    grid->addWidget(viewsCard(), 1, 1);
    window.resize(1000, 760);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    const QImage shot = window.grab().toImage();
    QDir().mkpath(ASSAY_TEST_BUILD_DIR "/screenshots");
    shot.save(QString(ASSAY_TEST_BUILD_DIR "/screenshots/style-%1.png").arg(QTest::currentDataTag()));
    QCOMPARE(shot.pixelColor(2, 2).name(), theme.window.name());
    QCOMPARE(QApplication::font().family(), theme.font().family());
}

QTEST_MAIN(StyleTest)
#include "gui_style.moc"
