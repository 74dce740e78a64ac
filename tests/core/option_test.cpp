#include <dbn/core/option.hpp>

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

/// One field of every kind.
struct Sample {
  bool tied = false;
  Index epochs = 5;
  double rate = 0.1;
  std::string estimator = "cd";
  std::string output = {};
  std::vector<Index> layers{500, 2000};
  std::vector<double> rates{0.05};
  std::vector<std::string> activations{"relu"};

  OptionField tied_field() { return {"tied", &tied, ""}; }
  OptionField epochs_field() { return {"epochs", &epochs, "", {0, 1000}}; }
  OptionField rate_field() { return {"rate", &rate, "", {.least = 0, .most = 10, .above_least = true}}; }
  OptionField estimator_field() { return {"estimator", &estimator, "", {}, {"cd", "pcd"}}; }
  OptionField output_field() { return {"output", &output, "", {}, {"a", "b"}, "standard output"}; }
  OptionField layers_field() { return {"layers", &layers, "", {1, 65536}, {}, "none"}; }
  OptionField rates_field() { return {"rates", &rates, "", {.least = 0, .most = 1}}; }
  OptionField activations_field() { return {"activations", &activations, "", {}, {"relu", "tanh"}}; }

  OptionFields fields() {
    return {tied_field(),   epochs_field(), rate_field(),  estimator_field(),
            output_field(), layers_field(), rates_field(), activations_field()};
  }
};

// The message names the option and what was found, and the field keeps the value it had.
void expect_refused(const OptionField& field, const std::string& text, const std::string& found) {
  const std::string before = option_text(field);
  EXPECT_THAT([&] { set_option(field, text); },
              ThrowsMessage<InvalidArgument>(
                  AllOf(HasSubstr("--" + field.name), HasSubstr("'" + found + "'"), HasSubstr(option_domain(field)))))
      << text;
  EXPECT_EQ(option_text(field), before) << text;
}

void expect_refused(const OptionField& field, const std::string& text) { expect_refused(field, text, text); }

TEST(Options, AnOptionalNumberIsUnsetByAnEmptyText) {
  std::optional<double> rate = 0.5;
  const OptionField field{"rate", &rate, "", {0, 10, true}, {}, "what the optimizer recommends"};
  set_option(field, "0.25");
  EXPECT_EQ(rate, 0.25);
  EXPECT_EQ(option_text(field), "0.25");
  expect_refused(field, "0");
  set_option(field, "");
  EXPECT_FALSE(rate);
  EXPECT_EQ(option_text(field), "");
  EXPECT_NO_THROW(check_options({field}));
  rate = 11;
  EXPECT_THROW(check_options({field}), InvalidArgument);
}

TEST(Options, TextSetsEveryKindOfField) {
  Sample sample;
  set_option(sample.tied_field(), "true");
  set_option(sample.epochs_field(), "1000");
  set_option(sample.rate_field(), "1e-3");
  set_option(sample.estimator_field(), "pcd");
  set_option(sample.layers_field(), "1,65536");
  set_option(sample.rates_field(), "0,1,0.25");
  set_option(sample.activations_field(), "tanh,relu");
  EXPECT_TRUE(sample.tied);
  EXPECT_EQ(sample.epochs, 1000);
  EXPECT_EQ(sample.rate, 1e-3);
  EXPECT_EQ(sample.estimator, "pcd");
  EXPECT_THAT(sample.layers, ElementsAre(1, 65536));
  EXPECT_THAT(sample.rates, ElementsAre(0, 1, 0.25));
  EXPECT_THAT(sample.activations, ElementsAre("tanh", "relu"));
}

TEST(Options, FlagsTakeTheUsualWords) {
  Sample sample;
  for (const char* yes : {"true", "1", "yes", "on"}) {
    sample.tied = false;
    set_option(sample.tied_field(), yes);
    EXPECT_TRUE(sample.tied) << yes;
  }
  for (const char* no : {"false", "0", "no", "off"}) {
    sample.tied = true;
    set_option(sample.tied_field(), no);
    EXPECT_FALSE(sample.tied) << no;
  }
  for (const char* text : {"", "2", "TRUE", "tru"}) expect_refused(sample.tied_field(), text);
}

TEST(Options, CountsAreStrict) {
  Sample sample;
  for (const char* text : {"", "-1", "1001", "5x", " 5", "5 ", "+5", "5.0", "1e2", "0x10", "nan", "inf", "1,2",
                           "99999999999999999999", "4294967301"})
    expect_refused(sample.epochs_field(), text);
}

TEST(Options, NumbersAreStrictAndFinite) {
  Sample sample;
  for (const char* text : {"", "x", "0.1x", " 0.1", "0.1 ", "1e999", "0x1p3", "1,5", "--1"})
    expect_refused(sample.rate_field(), text);
  for (const char* text : {"nan", "inf", "-inf", "-1", "11"}) expect_refused(sample.rate_field(), text);
}

TEST(Options, ARangeMayLeaveItsLeastOut) {
  Sample sample;
  expect_refused(sample.rate_field(), "0");
  set_option(sample.rate_field(), "10");
  set_option(sample.rates_field(), "0");
  EXPECT_EQ(sample.rate, 10);
}

TEST(Options, ListsAreCheckedElementByElement) {
  Sample sample;
  expect_refused(sample.layers_field(), "500,0", "0");
  expect_refused(sample.layers_field(), "500,,2", "");
  expect_refused(sample.layers_field(), "500,", "");
  expect_refused(sample.layers_field(), "1000000000", "1000000000");
  expect_refused(sample.layers_field(), "-5", "-5");
  expect_refused(sample.rates_field(), "0.5,nan", "nan");
  expect_refused(sample.rates_field(), "", "");
  expect_refused(sample.activations_field(), "relu,gelu", "gelu");
}

TEST(Options, EmptyTextUnsetsOnlyWhatCanBeUnset) {
  Sample sample;
  set_option(sample.layers_field(), "");
  EXPECT_THAT(sample.layers, IsEmpty());
  sample.output = "a";
  set_option(sample.output_field(), "");
  EXPECT_EQ(sample.output, "");
  expect_refused(sample.estimator_field(), "");
}

TEST(Options, ChoicesAreExact) {
  Sample sample;
  for (const char* text : {"c", "CD", "cd ", "cd,pcd"}) expect_refused(sample.estimator_field(), text);
}

TEST(Options, DomainIsToldInWords) {
  Sample sample;
  EXPECT_EQ(option_domain(sample.tied_field()), "true or false");
  EXPECT_EQ(option_domain(sample.epochs_field()), "an integer from 0 to 1000");
  EXPECT_EQ(option_domain(sample.rate_field()), "a number above 0 to 10");
  EXPECT_EQ(option_domain(sample.estimator_field()), "one of cd, pcd");
  EXPECT_EQ(option_domain({"x", &sample.rate, ""}), "a number");
  EXPECT_EQ(option_domain({"x", &sample.rate, "", {.most = 3}}), "a number up to 3");
  EXPECT_EQ(option_domain(sample.layers_field()), "integers from 1 to 65536, comma-separated");
}

// What a model file or a report records must set the very same value again.
TEST(Options, TextOfAFieldSetsTheSameValue) {
  Sample sample;
  sample.tied = true;
  sample.epochs = 17;
  sample.rate = 0.1 + 0.2;
  sample.estimator = "pcd";
  sample.rates = {1.0 / 3, 1e-17, 1};
  sample.activations = {"tanh", "relu"};
  Sample copy;
  const OptionFields to = copy.fields();
  const OptionFields from = sample.fields();
  for (std::size_t i = 0; i < to.size(); ++i) set_option(to[i], option_text(from[i]));
  EXPECT_EQ(copy.tied, sample.tied);
  EXPECT_EQ(copy.epochs, sample.epochs);
  EXPECT_EQ(copy.rate, sample.rate);
  EXPECT_EQ(copy.estimator, sample.estimator);
  EXPECT_EQ(copy.output, sample.output);
  EXPECT_EQ(copy.layers, sample.layers);
  EXPECT_EQ(copy.rates, sample.rates);
  EXPECT_EQ(copy.activations, sample.activations);
}

TEST(Options, CheckNamesTheFirstBadField) {
  Sample sample;
  EXPECT_NO_THROW(check_options(sample.fields()));
  const auto expect_named = [](Sample bad, const std::string& name) {
    EXPECT_THAT([&] { check_options(bad.fields()); }, ThrowsMessage<InvalidArgument>(HasSubstr("--" + name + ":")));
  };
  expect_named({.epochs = -1}, "epochs");
  expect_named({.epochs = -1, .rate = 0}, "epochs");
  expect_named({.rate = std::numeric_limits<double>::quiet_NaN()}, "rate");
  expect_named({.rate = std::numeric_limits<double>::infinity()}, "rate");
  expect_named({.estimator = "x"}, "estimator");
  expect_named({.layers = {1, 0}}, "layers");
  expect_named({.rates = {0, 2}}, "rates");
  expect_named({.activations = {"relu", ""}}, "activations");
}

TEST(Options, PerLayerTakesOneValueOrOneForEach) {
  const std::vector<Index> one{7};
  const std::vector<double> three{1, 2, 3};
  EXPECT_EQ(per_layer(one, 2, 3, "epochs"), 7);
  EXPECT_EQ(per_layer(three, 2, 3, "rate"), 3);
  EXPECT_THAT([&] { per_layer(three, 0, 2, "rate"); },
              ThrowsMessage<InvalidArgument>(AllOf(HasSubstr("--rate"), HasSubstr("2 layers"), HasSubstr("found 3"))));
  EXPECT_THROW(per_layer(std::vector<std::string>{}, 0, 2, "activation"), InvalidArgument);
}

TEST(Options, ListsAreTheTextsBetweenSeparators) {
  EXPECT_THAT(split_list("a,b"), ElementsAre("a", "b"));
  EXPECT_THAT(split_list(",a,"), ElementsAre("", "a", ""));
  EXPECT_THAT(split_list(""), ElementsAre(""));
  EXPECT_THAT(split_list("a,b:c", ':'), ElementsAre("a,b", "c"));
}

TEST(Options, ParsedNumbersTakeTheWholeText) {
  EXPECT_EQ(parse_number("-2.5e3", "x"), -2500);
  EXPECT_EQ(parse_integer("-12", "x"), -12);
  for (const char* text : {"", "1 ", "nan", "inf", "1e999", "0x10", "1,5"})
    EXPECT_THAT([&] { parse_number(text, "scale"); }, ThrowsMessage<InvalidArgument>(HasSubstr("scale"))) << text;
  for (const char* text : {"", "1.0", "1e3", "+1", "9223372036854775808"})
    EXPECT_THAT([&] { parse_integer(text, "width"); }, ThrowsMessage<InvalidArgument>(HasSubstr("width"))) << text;
}

}  // namespace
}  // namespace dbn
