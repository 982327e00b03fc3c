#include "widgets/engine/run_record.h"

#include <QSignalSpy>
#include <QTest>

using namespace assay;
using namespace assay::protocol;
using assay::widgets::RunRecord;

namespace {

Figure figure(const std::string& name, const std::string& title)
{
    Figure f;
    f.name = name;
    f.title = title;
    return f;
}

ImageGrid grid(std::vector<std::int64_t> ids, std::uint8_t value, bool append)
{
    ImageGrid g;
    g.name = "pool";
    g.variants = {"clean", "adversarial"};
    g.width = 2;
    g.height = 1;
    g.ids = std::move(ids);
    g.pixels.assign(g.pixelBytes(), value);
    g.append = append;
    return g;
}

ImageAttribute outcome(std::vector<std::string> values, std::vector<std::int32_t> codes)
{
    return {"outcome", "Outcome", std::move(values), {}, std::move(codes)};
}

} // namespace

class TstRunRecord : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void followsTheLifeOfARun();
    void replacesByName();
    void thinsProgress();
    void appendsGrids();
    void replacesGridOfAnotherSize();
    void refusesGridWithWrongPixels();
    void previewCoversAndUncovers();
    void previewGridsAppendWithinOnePreview();
    void storedValueChangesUnderPreview();
};

void TstRunRecord::followsTheLifeOfARun()
{
    RunRecord record("r1");
    QSignalSpy states(&record, &RunRecord::stateChanged);
    QCOMPARE(record.state(), RunState::Queued);
    record.apply(RunStarted{"r1", RunSpec{"s", Json::object(), 7, "cpu", "T"}, Json{{"a", 1}}, 0});
    QCOMPARE(record.state(), RunState::Running);
    QCOMPARE(record.spec().seed, 7u);
    record.apply(LogLine{LogLevel::Warning, "careful", 0});
    QCOMPARE(record.log().size(), 1u);
    record.apply(Artifact{"net", "model", "artifacts/net.safetensors", "", 3});
    QCOMPARE(record.artifacts().size(), 1u);
    record.apply(RunFinished{RunState::Failed, "It broke.", 1, Json{{"a", 2}}});
    QCOMPARE(record.state(), RunState::Failed);
    QCOMPARE(record.error(), QStringLiteral("It broke."));
    QCOMPARE(record.provenance().at("a").get<int>(), 2);
    QCOMPARE(states.count(), 2);
}

void TstRunRecord::replacesByName()
{
    RunRecord record("r");
    QSignalSpy changed(&record, &RunRecord::figureChanged);
    record.apply(figure("a", "first"));
    record.apply(figure("b", "other"));
    const auto before = record.figures()[0].value;
    record.apply(figure("a", "second"));
    QCOMPARE(record.figures().size(), 2u);
    QCOMPARE(record.figures()[0].value->title, std::string("second"));
    QCOMPARE(before->title, std::string("first")); // a view's copy does not change under it
    QCOMPARE(changed.count(), 3);
    record.apply(Metric{"m", 1, {}, {}, 0, 0, {}, {}, {}});
    record.apply(Metric{"m", 2, {}, {}, 0, 0, {}, {}, {}});
    QCOMPARE(record.metrics().size(), 1u);
    QCOMPARE(record.metrics()[0].value, 2.0);
}

void TstRunRecord::thinsProgress()
{
    RunRecord record("r");
    QSignalSpy changed(&record, &RunRecord::progressChanged);
    for (int i = 1; i <= 5000; ++i)
        record.apply(Progress{"Training", double(i), 5000, 1});
    QTRY_VERIFY(changed.count() >= 1);
    QVERIFY(changed.count() <= 3);
    QCOMPARE(record.progress().done, 5000.0);
    record.apply(Progress{"Testing", 1, 2, 1});
    record.setState(RunState::Finished); // what was not told yet is told before the end
    QVERIFY(changed.count() >= 2);
    QCOMPARE(record.progress().stage, std::string("Testing"));
}

void TstRunRecord::appendsGrids()
{
    RunRecord record("r");
    ImageGrid first = grid({4, 5}, 1, true); // appending to nothing begins the grid
    first.attributes = {outcome({"same", "unfooled"}, {0, 1})};
    ImageGrid second = grid({6}, 2, true);
    second.attributes = {outcome({"different", "same"}, {1})};
    second.notes = {"third"};
    ImageGrid third = grid({7}, 3, true);
    record.apply(first);
    record.apply(second);
    record.apply(third);
    QCOMPARE(record.grids().size(), 1u);
    const ImageGrid& all = *record.grids()[0].value;
    QCOMPARE(all.ids, (std::vector<std::int64_t>{4, 5, 6, 7}));
    QCOMPARE(all.pixels.size(), all.pixelBytes());
    QCOMPARE(int(all.pixels[8]), 2);
    QCOMPARE(all.attributes[0].values, (std::vector<std::string>{"same", "unfooled", "different"}));
    QCOMPARE(all.attributes[0].codes, (std::vector<std::int32_t>{0, 1, 0, -1}));
    QCOMPARE(all.notes, (std::vector<std::string>{"", "", "third", ""}));
}

void TstRunRecord::replacesGridOfAnotherSize()
{
    RunRecord record("r");
    record.apply(grid({1}, 1, false));
    ImageGrid wide = grid({2}, 2, true);
    wide.width = 3;
    wide.pixels.assign(wide.pixelBytes(), 2);
    record.apply(wide);
    QCOMPARE(record.grids()[0].value->ids, (std::vector<std::int64_t>{2}));
}

void TstRunRecord::refusesGridWithWrongPixels()
{
    RunRecord record("r");
    ImageGrid bad = grid({1, 2}, 1, false);
    bad.pixels.pop_back();
    record.apply(bad);
    QVERIFY(record.grids().empty());
    QCOMPARE(record.log().at(0).text,
             std::string("The images of 'pool' are not shown: 7 bytes arrived for 2 images of 4 bytes."));
}

void TstRunRecord::previewCoversAndUncovers()
{
    RunRecord record("r");
    record.apply(figure("a", "stored"));
    record.apply(Metric{"m", 1, {}, {}, 0, 0, {}, {}, {}});
    record.beginPreview();
    record.applyPreview(figure("a", "preview"));
    record.applyPreview(figure("new", "preview"));
    record.applyPreview(Metric{"m", 5, {}, {}, 0, 0, {}, {}, {}});
    record.applyPreview(Metric{"n", 6, {}, {}, 0, 0, {}, {}, {}});
    record.applyPreview(RunFinished{RunState::Failed, "no", 0, {}});
    QVERIFY(record.isPreviewing());
    QCOMPARE(record.state(), RunState::Queued);
    QCOMPARE(record.figures()[0].value->title, std::string("preview"));
    QCOMPARE(record.figures().size(), 2u);
    record.endPreview();
    QVERIFY(!record.isPreviewing());
    QCOMPARE(record.figures().size(), 1u);
    QCOMPARE(record.figures()[0].value->title, std::string("stored"));
    QCOMPARE(record.metrics().size(), 1u);
    QCOMPARE(record.metrics()[0].value, 1.0);
}

void TstRunRecord::previewGridsAppendWithinOnePreview()
{
    RunRecord record("r");
    record.apply(grid({1}, 1, false));
    for (int preview = 0; preview < 2; ++preview) {
        record.beginPreview();
        record.applyPreview(grid({10}, 2, true));
        record.applyPreview(grid({11}, 2, true));
        QCOMPARE(record.grids()[0].value->ids, (std::vector<std::int64_t>{10, 11}));
    }
    record.endPreview();
    QCOMPARE(record.grids()[0].value->ids, (std::vector<std::int64_t>{1}));
}

void TstRunRecord::storedValueChangesUnderPreview()
{
    RunRecord record("r");
    record.apply(figure("a", "stored"));
    record.applyPreview(figure("a", "preview"));
    record.apply(figure("a", "newer"));
    QCOMPARE(record.figures()[0].value->title, std::string("preview"));
    record.endPreview();
    QCOMPARE(record.figures()[0].value->title, std::string("newer"));
}

QTEST_GUILESS_MAIN(TstRunRecord)
#include "tst_run_record.moc"
